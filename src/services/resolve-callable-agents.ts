/** The rules of a roster, which need the stored agents (spec/core.md §2, spec/platform.md §2.1), and the pinning of its versions. */
import type { Found } from "../catalog/members.ts";
import { ApiError, invalid, notFound } from "../protocol/errors.ts";
import { isId } from "../protocol/ids.ts";
import type { ModelConfig } from "../protocol/model-config.ts";
import { DISTINCT, type Multiagent } from "../protocol/multiagent.ts";
import type { Tool } from "../protocol/tools.ts";
import type { CallableAgentsDraft, GroupDraft, Member, Roster } from "./merge-callable-agents.ts";
import type { ModelCatalog } from "./model-catalog.ts";

/** The name that an enabled advisor has in a roster. */
const ADVISOR_NAME = "anthropic.advisor";
/** Names of the tools that a session with subagents or workflows gets. @inferred that they are refused at create as well as at update */
const RESERVED_PREFIX = "ant__";

/** Which model may advise which (spec/platform.md §2.6). */
const NEWEST = ["claude-fable-5-2", "claude-mythos-5-2"];

/** Agents on these models take no other advisor. */
const ONLY: Record<string, readonly string[]> = { "claude-fable-5-2": NEWEST, "claude-mythos-5-2": NEWEST };

/** Agents on these models refuse these advisors. */
const NEVER: Record<string, readonly string[]> = {
  "claude-sonnet-5-5": ["claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5"],
};

/** What of the owner the rules read. */
export interface RosterOwner {
  id: string;
  model: ModelConfig;
  tools: Tool[];
}

/** A list with the path at which the client sent it; `places` are its entries' indexes there. */
interface Placed extends Roster {
  path: string;
  places?: number[];
}

/** Looks the agents up, in order; null where there is none (catalog/members.ts). */
export type Lookup = (references: { id: string; version?: number }[]) => Promise<(Found | null)[]>;

/**
 * Checks the draft and pins its members. The answer gives the stored form for a version of the owner, as which `self` reads back. Throws a 400 whose
 * message begins with the path, `prefix` included (`agent.` on an update); a 404 for an agent that this workspace does not have.
 * @inferred the 404: the documents list unknown versions among the 400s (spec/core.md §2), and missing rows elsewhere are 404s (§1.4)
 */
export async function resolveCallableAgents(
  draft: CallableAgentsDraft | null,
  owner: RosterOwner,
  models: ModelCatalog,
  lookup: Lookup,
  prefix = "",
): Promise<(id: string, version: number) => Multiagent | null> {
  if (draft === null) return () => null;
  const refuse = (path: string, message: string) => new ApiError(invalid(`${prefix}${path}: ${message}`));
  const lists = listsOf(draft);
  for (const { path, members } of lists)
    if (new Set(members.map((member) => keyOf(member, owner))).size < members.length) throw refuse(path, DISTINCT);
  const advisor = advisorOf(draft);
  const conflict = advisor && advisorConflict(owner.model.id, advisor.model, models);
  if (conflict) throw refuse(advisor.path, conflict);
  if (draft.type === "multiagent_20261001") checkNewer(draft, owner, refuse);

  // A mistyped id asks no database.
  const asked = lists.flatMap((list) =>
    list.members.flatMap((member) => (member.type === "agent" && isId("agent", member.id) ? [member] : [])),
  );
  const answers = await lookup(asked);
  const found = new Map<Member, Found | null>(asked.map((member, i) => [member, answers[i] ?? null]));
  const versions = new Map<Member, number>();
  for (const list of lists) {
    for (const [i, member] of list.members.entries()) {
      if (member.type === "self") continue;
      const path = `${list.path}.${list.places?.[i] ?? i}`;
      const one = found.get(member);
      if (!one) throw new ApiError(notFound(`${prefix}${path}: agent ${member.id.slice(0, 80)} was not found`));
      if (one.version === null) throw refuse(path, `agent ${one.id} has no version ${member.version}`);
      const problem = memberProblem(one, list, owner, advisor !== null);
      if (problem) throw refuse(path, problem);
      versions.set(member, one.version);
    }
  }
  return (id, version) =>
    pinned(draft, (member) =>
      member.type === "self"
        ? { type: "agent", id, version }
        : { type: "agent", id: member.id, version: versions.get(member) as number },
    );
}

function memberProblem(found: Found, list: Roster, owner: RosterOwner, advised: boolean): string | null {
  // @inferred: what was stored while the member was live stays.
  if (list.sent && found.archived) return `agent ${found.id} is archived; remove it or name another`;
  if (found.multiagent) return `agent ${found.id} has a roster itself, and rosters do not nest; name an agent without`;
  if (advised && found.name === ADVISOR_NAME) return `an agent named ${ADVISOR_NAME} cannot stand beside an advisor`;
  const own = owner.model.inference_geo ?? null;
  if (found.geo !== own)
    return `agent ${found.id} has the inference_geo ${found.geo ?? "unset"}, this one ${own ?? "unset"}; they must agree`;
  return null;
}

function checkNewer(
  draft: Extract<CallableAgentsDraft, { type: "multiagent_20261001" }>,
  owner: RosterOwner,
  refuse: (path: string, message: string) => ApiError,
): void {
  for (const name of ["subagents", "workflows"] as const) {
    const group = draft[name];
    if (group.type === "enabled" && group.inline_agents.type === "disabled" && group.roster.members.length === 0)
      throw refuse(
        `multiagent.${name}.predefined_agents`,
        "must name at least one agent while inline_agents is disabled",
      );
  }
  const reserved = owner.tools.findIndex((tool) => tool.type === "custom" && tool.name.startsWith(RESERVED_PREFIX));
  if (reserved >= 0)
    throw refuse(
      `tools.${reserved}.custom.name`,
      `must not begin with ${RESERVED_PREFIX} while multiagent is set; rename it`,
    );
}

function listsOf(draft: CallableAgentsDraft): Placed[] {
  if (draft.type === "coordinator") return [{ ...draft.roster, path: "multiagent.agents", places: draft.places }];
  return (["subagents", "workflows"] as const).flatMap((name) => {
    const group = draft[name];
    return group.type === "enabled" ? [{ ...group.roster, path: `multiagent.${name}.predefined_agents` }] : [];
  });
}

/** The owner may be named as `self` and by its id: that is one agent. */
function keyOf(member: Member, owner: RosterOwner): string {
  return member.type === "self" ? owner.id : member.id;
}

function advisorOf(draft: CallableAgentsDraft): { model: string; path: string } | null {
  if (draft.type === "coordinator") {
    const { advisor } = draft;
    return advisor && { model: advisor.entry.model, path: `multiagent.agents.${advisor.place}.model` };
  }
  return draft.advisor.type === "enabled" ? { model: draft.advisor.model, path: "multiagent.advisor.model" } : null;
}

type Pinned = { type: "agent"; id: string; version: number };

/** An advisor comes last (spec/platform.md §2.1). */
function pinned(draft: CallableAgentsDraft, one: (member: Member) => Pinned): Multiagent {
  if (draft.type === "coordinator")
    return {
      type: draft.type,
      agents: [...draft.roster.members.map(one), ...(draft.advisor ? [draft.advisor.entry] : [])],
    };
  const group = (part: GroupDraft) =>
    part.type === "disabled"
      ? part
      : { type: part.type, inline_agents: part.inline_agents, predefined_agents: part.roster.members.map(one) };
  return {
    type: draft.type,
    advisor: draft.advisor,
    subagents: group(draft.subagents),
    workflows: group(draft.workflows),
  };
}

/**
 * Why the model may not advise, or null. The pairs are those that are published; the floor that an advisor must reach otherwise is not, so that what
 * is not known to be refused passes.
 * @inferred
 */
function advisorConflict(model: string, advisor: string, models: ModelCatalog): string | null {
  const known = models.find(advisor);
  const quoted = JSON.stringify(advisor.slice(0, 80));
  if (!known) return `no model ${quoted} is known here; GET /v1/models lists them`;
  const own = models.find(model)?.id ?? model;
  const refused =
    (Object.hasOwn(ONLY, own) && !ONLY[own]?.includes(known.id)) ||
    (Object.hasOwn(NEVER, own) && NEVER[own]?.includes(known.id));
  return refused ? `${quoted} may not advise ${own}; name a more capable model` : null;
}
