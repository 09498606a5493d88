/** Sessions that have played something: the logs that the fuzz cuts and spoils. Each is at rest at its end. */
import { type Answer, text, use } from "../support/open-session.ts";
import { StrictSession } from "./strict-session.ts";

const cut = (name: string) => ({ ...use(name), partial: '{"comm' });
const overloaded: Answer = { fails: "overloaded", refused: true };
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function talk(answers: Answer[], ...said: string[]): Promise<StrictSession> {
  const session = new StrictSession(answers);
  for (const one of said) {
    session.say(one);
    await session.settle();
    while (session.log.state.stop?.type === "requires_action") {
      session.answer(one === "refuse" ? "deny" : "allow");
      await session.settle();
    }
  }
  return session;
}

/** A turn whose n-th call is under way when `meanwhile` happens. */
async function duringCall(answers: Answer[], meanwhile: (session: StrictSession) => void): Promise<StrictSession> {
  const session = new StrictSession(answers);
  const { result } = session;
  session.result = async (call) => {
    if (session.calls.length === 1) meanwhile(session);
    return result(call);
  };
  session.say("go");
  await session.settle();
  return session;
}

export const SCENARIOS: Record<string, () => Promise<StrictSession>> = {
  plain: () =>
    talk(
      [{ blocks: [text("one")] }, { blocks: [text("two")] }, { blocks: [] }, { blocks: [text("four")] }],
      "a",
      "b",
      "c",
      "d",
    ),
  tools: () =>
    talk(
      [
        { blocks: [text("look"), use("bash", { command: "one" }), use("bash", { command: "two" })] },
        { blocks: [use("bash", { command: "three" })] },
        { blocks: [text("done")] },
        { blocks: [use("nothing_like_it")] },
        { blocks: [text("again")] },
      ],
      "go",
      "more",
    ),
  ask: () =>
    talk(
      [
        { blocks: [use("bash", {}), use("write", { n: 1 }), use("write", { n: 2 })] },
        { blocks: [text("done")] },
        { blocks: [use("write", { n: 3 })] },
        { blocks: [text("so be it")] },
      ],
      "go",
      "refuse",
    ),
  custom: () =>
    talk(
      [{ blocks: [use("bash"), use("ask_user", { q: 1 }), use("ask_user", { q: 2 })] }, { blocks: [text("done")] }],
      "go",
    ),
  interrupt: async () => {
    const session = new StrictSession([
      { holds: true },
      { blocks: [use("bash", { n: 1 }), use("bash", { n: 2 })] },
      { blocks: [text("next")] },
    ]);
    session.say("go");
    const run = session.run();
    await turn();
    session.post({ type: "user.interrupt" }, { type: "user.message", content: [{ type: "text", text: "instead" }] });
    await run;
    session.result = async (call) => {
      session.post({ type: "user.interrupt" });
      return { content: [{ type: "text", text: call.name }], isError: false };
    };
    await session.settle();
    session.say("last");
    await session.settle();
    return session;
  },
  failures: () =>
    talk(
      [
        overloaded,
        { fails: "cut", after: [text("par"), use("bash", { n: 1 })] },
        { blocks: [text("done")] },
        ...Array<Answer>(5).fill(overloaded),
        { blocks: [text("back")] },
      ],
      "go",
      "give up",
      "more",
    ),
  queue: () =>
    duringCall(
      [
        { blocks: [use("bash", { n: 1 }), use("bash", { n: 2 })] },
        { blocks: [text("done")] },
        { blocks: [text("then")] },
      ],
      (session) => {
        session.say("second");
        session.post(
          { type: "user.message", content: [{ type: "text", text: "third" }] },
          { type: "system.message", content: [{ type: "text", text: "be brief" }] },
        );
        session.say("fourth");
      },
    ),
  truncated: () =>
    talk(
      [
        { blocks: [text("a"), cut("ask_user")], stop: "max_tokens" },
        { blocks: [use("bash"), cut("bash")], stop: "max_tokens" },
        { blocks: [text("no")], stop: "refusal", details: { type: "refusal", category: "bio" } },
        { blocks: [text("ok")] },
      ],
      "go",
      "more",
    ),
  large: () =>
    talk(
      [{ blocks: [use("bash")] }, { blocks: [text("y".repeat(200_000))] }, { blocks: [text("two")] }],
      "🦴".repeat(50_000),
      "more",
    ),
};
