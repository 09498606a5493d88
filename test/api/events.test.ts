import { beforeAll, beforeEach, expect, test } from "vitest";
import { LARGE_LITERAL_BYTES } from "../../src/api/body/large.ts";
import { type Answer, call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
let path = "";
const send = (events: unknown, headers = {}) => call(server, "POST", path, { events }, headers);
const list = (query: string) => call(server, "GET", `${path}?${query}`);
const said = (text: string) => ({ type: "user.message", content: [{ type: "text", text }] });
const error = ({ status, body }: Answer) => ({ status, type: body.error?.type });

beforeAll(async () => {
  const agent = (await call(server, "POST", "/v1/agents", { name: "a", model: "claude-opus-5-5" })).body.id;
  const environment_id = (await call(server, "POST", "/v1/environments", { name: "e" })).body.id;
  const session = await call(server, "POST", "/v1/sessions", { agent, environment_id });
  path = `/v1/sessions/${session.body.id}/events`;
});
beforeEach(() => server.objects.calls.splice(0));

test("a batch reaches the object in order, with its sender; the answer is the object's bytes", async () => {
  const headers = { "idempotency-key": "k", "x-stainless-retry-count": "2" };
  const answer = await send([said("one"), { type: "user.interrupt" }, said("two")], headers);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.body).toEqual({ data: ["user.message", "user.interrupt", "user.message"].map((type) => ({ type })) });
  const [made] = server.objects.calls;
  expect(made?.drafts?.map((draft) => draft.type)).toEqual(["user.message", "user.interrupt", "user.message"]);
  expect(made?.sender).toMatchObject({ cred: "ops", key: "k", retry: 2 });
  expect(made?.sender?.digest).toMatch(/^[0-9a-f]{64}$/);
});

test.each(["nonsense", "-1", "1.5", "1e3", ""])("a retry count of %j counts as none", async (count) => {
  await send([said("x")], { "x-stainless-retry-count": count });
  expect(server.objects.calls[0]?.sender?.retry).toBe(0);
});

test("a long text reaches the object as it was written", async () => {
  const escaped = "\\u00e9😀\\n".repeat(LARGE_LITERAL_BYTES / 8);
  const content = `[{"type":"text","text":"${escaped}"}]`;
  await call(server, "POST", path, `{"events": [{"type": "user.message", "content": ${content}}]}`);
  const draft = server.objects.calls[0]?.drafts?.[0];
  expect(new TextDecoder().decode(draft?.content as Uint8Array)).toBe(content);
});

test.each([
  [[], /^events: /],
  [[said("")], /^events\.0\.user_message\.content\.0\.text: /],
  [[said("fine"), { type: "user.message", content: [] }], /^events\.1\.user_message\.content: /],
  [[{ type: "user.message", content: "text" }], /^events\.0\.user_message\.content: /],
  [[{ type: "user.message", content: [{ type: "redacted" }] }], /^events\.0\.user_message\.content\.0: /],
  [[{ type: "agent.message", content: [] }], /^events\.0\.type: /],
  [[{ ...said("x"), id: "sevt_forged" }], /^events\.0\.user_message\.id: unknown key/],
  [[{ ...said("x"), processed_at: "2026-01-01T00:00:00Z" }], /^events\.0\.user_message\.processed_at: unknown key/],
  [
    [{ type: "user.tool_confirmation", tool_use_id: "", result: "allow" }],
    /^events\.0\.user_tool_confirmation\.tool_use_id: /,
  ],
  [
    [{ type: "user.define_outcome", description: "d", rubric: { type: "text", content: "c" } }],
    /^events\.0\.user_define_outcome: .*not supported/,
  ],
  [
    [{ type: "user.message", content: [{ type: "document", source: { type: "file", file_id: "f" } }] }],
    /^events\.0\.user_message\.content\.0\.source: .*not supported/,
  ],
  [
    [{ type: "system.message", content: [{ type: "text", text: "s" }] }, said("x")],
    /^events\.0\.system_message: |^events\.0: /,
  ],
  [
    [
      {
        type: "user.message",
        content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: "?" } }],
      },
    ],
    /^events\.0\.user_message\.content\.0\.source\.data: not base64/,
  ],
])("%j is a 400 at its path, and the object hears nothing", async (events, message) => {
  const answer = await send(events);
  expect(error(answer)).toEqual({ status: 400, type: "invalid_request_error" });
  expect(answer.body.error?.message).toMatch(message);
  expect(server.objects.calls).toEqual([]);
});

test("a long string is not repeated in a message, and its placeholder never shows", async () => {
  const long = "x".repeat(LARGE_LITERAL_BYTES + 1);
  const answer = await send([{ type: long, content: [{ type: long, text: long }] }]);
  expect(answer.status).toBe(400);
  expect(answer.body.error?.message.length).toBeLessThan(400);
  expect(answer.body.error?.message).not.toMatch(/[0-9a-f]{40}/);
});

test("user.tool_result from an API key is a 403", async () => {
  const answer = await send([said("x"), { type: "user.tool_result", tool_use_id: "sevt_1" }]);
  expect(error(answer)).toEqual({ status: 403, type: "permission_error" });
  expect(answer.body.error?.message).toMatch(/^events\[1\]: /);
});

test("content for R2 is not uploaded under the id of another workspace's session", async () => {
  const answer = await send([said("x".repeat(9_000_000))], { "x-api-key": OTHER_KEY });
  expect(error(answer)).toEqual({ status: 404, type: "not_found_error" });
  expect(server.objects.calls.map((made) => made.method)).toEqual(["getSession"]);
});

test("the object's refusal is passed on", async () => {
  server.objects.refuseNext = true;
  expect((await send([said("x")])).body.error?.message).toBe("refused by the object");
});

test("a list's query reaches the object parsed", async () => {
  await list("");
  await list(
    "order=desc&limit=7&page=page_x&types[]=user.message&types%5B%5D=agent.message&created_at[gt]=2026-11-22T10:00:00.123456Z&beta=true",
  );
  expect(server.objects.calls.map((made) => made.query)).toEqual([
    { order: "asc", limit: 1000, page: null, types: null },
    {
      order: "desc",
      limit: 7,
      page: "page_x",
      types: ["user.message", "agent.message"],
      gt: Date.parse("2026-11-22T10:00:00Z") * 1000 + 123_456,
    },
  ]);
});
