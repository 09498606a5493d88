/** Events as bytes, when a part of them is not in the session's own database. */
import { expect, test } from "vitest";
import { byteStream, eventBytes, type OpenRemote } from "../../src/log/read.ts";
import { type BlobRef, Corrupted } from "../../src/log/rows.ts";
import { nodeSql } from "../support/nodeSql.ts";

const REF: BlobRef = { sha: "s", bytes: 9_000_000, where: "r2" };
const row = { n: 1, id: "sevt_1", type: "user.message", cred: "a", body: "{}", content: REF };

const json = async (remote: OpenRemote) =>
  new Response(byteStream(eventBytes(nodeSql(), row, remote))).json() as Promise<object>;

test("a content that is gone does not keep the list and the stream from going past its event", async () => {
  const event = await json(() => Promise.reject(new Corrupted(REF)));
  expect(event).toMatchObject({
    id: "sevt_1",
    content: [{ type: "text", text: expect.stringContaining("9000000 bytes") }],
  });
});

test("one that is there is what is read, and a store that fails breaks the stream, so that it is read again", async () => {
  const content = [{ type: "text", text: "long" }];
  const stored = () => new Response(JSON.stringify(content)).body as ReadableStream<Uint8Array>;
  expect(await json(async () => stored())).toMatchObject({ content });
  await expect(json(() => Promise.reject(new Error("the store is away")))).rejects.toThrow();
});
