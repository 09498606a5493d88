/** Content above the inline limit, on the platform's own streams: uploaded before the object is called, deleted when there is no such session. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { contentSource } from "../../src/api/body/content.ts";
import { keepContent } from "../../src/api/body/large.ts";
import { readBody } from "../../src/api/body/read.ts";
import { invalid, notFound } from "../../src/protocol/errors.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { deliver, MAX_INLINE_BYTES, makeBatch } from "../../src/services/send-events.ts";

const ACCEPTED = { ok: true, value: null } as const;
const REFUSED = { ok: false, error: invalid("no") } as const;
const GONE = { ok: false, error: notFound("no") } as const;

/** One message of `bytes` bytes whose text ends in an emoji, as a session's POST brings it. */
async function message(sessionId: string, bytes: number) {
  const text = `${"x".repeat(bytes - 4)}😀`;
  const request = new Request("https://sinew.example/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ events: [{ type: "user.message", content: [{ type: "text", text }] }] }),
  });
  const body = await readBody(request, keepContent);
  return { text, batch: makeBatch(EventSend.parse(body.value).events, "events", contentSource(body), sessionId) };
}

test("31 MB with an emoji is in R2, byte for byte, by the time the object is called", async () => {
  const { text, batch } = await message("sesn_large", 31_000_000);
  const [draft] = batch.drafts;
  let seen: string | undefined;
  const outcome = await deliver(batch, env.BLOBS, async () => {
    const content = draft?.content as { sha: string; bytes: number };
    const object = await env.BLOBS.get(`sessions/sesn_large/${content.sha}`);
    expect(object?.size).toBe(content.bytes);
    seen = await object?.text();
    return ACCEPTED;
  });
  expect(outcome.ok).toBe(true);
  expect(seen === JSON.stringify([{ type: "text", text }])).toBe(true);
});

test("a batch for a session that is gone leaves nothing behind, but what was there before stays", async () => {
  const keys = async () =>
    (await env.BLOBS.list({ prefix: "sessions/sesn_refused/" })).objects.map((object) => object.key);
  const { batch } = await message("sesn_refused", MAX_INLINE_BYTES + 1);
  expect(await deliver(batch, env.BLOBS, async () => GONE)).toEqual(GONE);
  expect(await keys()).toEqual([]);
  await deliver(batch, env.BLOBS, async () => ACCEPTED);
  const [key] = await keys();
  await deliver(batch, env.BLOBS, async () => GONE);
  expect(await keys()).toEqual([key]);
});

test("a request that is refused does not delete what another one had accepted meanwhile", async () => {
  const { batch } = await message("sesn_race", MAX_INLINE_BYTES + 1);
  const outcome = await deliver(batch, env.BLOBS, async () => {
    // A second attempt of the same request overtakes this one, and finds the content there.
    expect(await deliver(batch, env.BLOBS, async () => ACCEPTED)).toEqual(ACCEPTED);
    return REFUSED;
  });
  expect(outcome).toEqual(REFUSED);
  expect((await env.BLOBS.list({ prefix: "sessions/sesn_race/" })).objects).toHaveLength(1);
});

test("a call whose outcome is unknown deletes nothing", async () => {
  const { batch } = await message("sesn_lost", MAX_INLINE_BYTES + 1);
  await expect(deliver(batch, env.BLOBS, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
  expect((await env.BLOBS.list({ prefix: "sessions/sesn_lost/" })).objects).toHaveLength(1);
});
