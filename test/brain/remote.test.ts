import { expect, test } from "vitest";
import { Corrupted } from "../../src/log/rows.ts";
import { OpenSession, text } from "../support/open-session.ts";

const REF = { sha: "f".repeat(64), bytes: 9_000_000, where: "r2" as const };

/** A session whose first message lies in a bucket. */
function remote(read: () => AsyncIterable<Uint8Array>): OpenSession {
  const session = new OpenSession([{ blocks: [text("ok")] }, { blocks: [text("ok")] }]);
  session.remote = read;
  session.post({ type: "user.message", ref: REF });
  return session;
}

test("a request is opened once its content has been read from the bucket, and sends those bytes", async () => {
  const content = '[{"type":"text","text":"from afar"}]';
  const session = remote(async function* () {
    yield new TextEncoder().encode(content.slice(0, 10));
    yield new TextEncoder().encode(content.slice(10));
  });
  expect(session.events("span.model_request_start")).toEqual([]);
  await session.run();
  expect(JSON.parse(session.bodies[0] ?? "").messages).toEqual([{ role: "user", content: JSON.parse(content) }]);
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});

test("what comes while the bucket is read joins the same request", async () => {
  let said = false;
  const session = remote(async function* () {
    if (!said) session.say("meanwhile");
    said = true;
    yield new TextEncoder().encode('[{"type":"text","text":"from afar"}]');
  });
  await session.run();
  expect(session.log.inbox).toEqual([]);
  expect(session.bodies).toHaveLength(1);
  expect(JSON.parse(session.bodies[0] ?? "").messages).toHaveLength(2);
});

test("a measure is given up when another looks at the prompt while the bucket is read", async () => {
  let meanwhile = () => {};
  const session = remote(async function* () {
    meanwhile();
    yield new TextEncoder().encode('[{"type":"text","text":"from afar"}]');
  });
  await session.run();
  const prompt = session.ports.prompt;
  const b = session.log.begin(session.ports.now()).on(0);
  meanwhile = () => void prompt.measure(b);
  expect(await prompt.measureRemote(b)).toBeNull();
  meanwhile = () => {};
  expect(await prompt.measureRemote(b)).not.toBeNull();
});

test("content that is gone for good ends the turn with an error instead of being asked for for ever", async () => {
  const session = remote(() => {
    throw new Corrupted(REF);
  });
  await session.run();
  expect(session.bodies).toEqual([]);
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  expect(session.events("session.error")[0]).toMatchObject({ error: { retry_status: { type: "exhausted" } } });
});
