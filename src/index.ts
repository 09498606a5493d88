import { createApp } from "./api/app.ts";

export { Sandbox } from "./hands/sandbox/sandbox.ts";
export { SessionObject as Session } from "./session/session.ts";

export default createApp();
