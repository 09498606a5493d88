/** The schema writer: what it makes of the SDK's types, and that it refuses what it does not know. */
import { afterAll, expect, test } from "vitest";
import { sdkSchemas } from "./compile.ts";
import { Declarations } from "./declarations.ts";
import { type Schema, SchemaWriter } from "./schema.ts";

const EVENTS = "resources/beta/sessions/events";
/** Frames that the SDK's list of stored event types does not name. */
const ONLY_ON_STREAMS = ["event_delta", "event_start", "session.deleted"];

const declarations = new Declarations();
afterAll(() => declarations.close());

function written(file: string, name: string): Schema | undefined {
  const writer = new SchemaWriter(declarations);
  writer.add(file, name);
  return writer.defs[name];
}

test("every object of the SDK is closed unless its type says otherwise", () => {
  const { $defs } = sdkSchemas().schema;
  const open = Object.keys($defs).filter((name) => $defs[name]?.type === "object" && $defs[name]?.additionalProperties);
  expect(open).toEqual(["BetaManagedAgentsCustomToolInputSchema"]);
});

test("the frames are the SDK's own list of event types, and the previews", () => {
  const types = written(EVENTS, "BetaManagedAgentsSessionEventType")?.enum ?? [];
  expect(sdkSchemas().frameTypes.toSorted()).toEqual([...types, ...ONLY_ON_STREAMS].toSorted());
});

test("literals, unions, arrays, optional and nullable keys", () => {
  expect(written(EVENTS, "BetaManagedAgentsAgentEvaluatedPermission")).toEqual({
    type: "string",
    enum: ["allow", "ask", "deny"],
  });
  expect(written("resources/beta/agents/agents", "BetaManagedAgentsModel")).toEqual({ type: "string" });
  const confirmation = written(EVENTS, "BetaManagedAgentsUserToolConfirmationEvent");
  expect(confirmation?.required).toEqual(["id", "result", "tool_use_id", "type"]);
  expect(confirmation?.properties?.deny_message).toEqual({ anyOf: [{ type: "null" }, { type: "string" }] });
  expect(written(EVENTS, "BetaManagedAgentsSessionRequiresAction")?.properties?.event_ids).toEqual({
    type: "array",
    items: { type: "string" },
  });
});

test.each([
  ["an interface that extends another", EVENTS, "EventListParams", "extends another type"],
  [
    "an indexed access",
    "resources/beta/messages/messages",
    "BetaToolResultContentBlockParam",
    "no schema for IndexedAccessType",
  ],
  ["a class that is no page", EVENTS, "Events", "implements no wire form"],
  ["a generic type without its argument", "core/pagination", "PageCursorResponse", "without its type argument"],
  ["a file outside the API", "core/pagination", "PageRequestOptions", "is not in the SDK's API types"],
  ["a type that nobody declares", EVENTS, "BetaManagedAgentsNothing", "declares no BetaManagedAgentsNothing"],
])("%s is refused", (_about, file, name, message) => {
  expect(() => written(file, name)).toThrow(message);
});
