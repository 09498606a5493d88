/** What `multiagent` becomes when it is sent, before the agents that it names are looked up (spec/core.md §2, spec/platform.md §2.1). Pure. */
import type { GroupParams, Multiagent, MultiagentParams } from "../protocol/multiagent.ts";

type Newer = Extract<MultiagentParams, { type: "multiagent_20261001" }>;
type Coordinator = Extract<Multiagent, { type: "coordinator" }>;
type Group = Extract<Multiagent, { type: "multiagent_20261001" }>["subagents"];
export type Advisor = Extract<Coordinator["agents"][number], { type: "advisor" }>;

/** The agent that owns the configuration, or another one, at its newest version when none is named. */
export type Member = { type: "self" } | { type: "agent"; id: string; version?: number };

/** A list of agents; `sent` when the request brought it, and not a stored one that stays. */
export interface Roster {
  sent: boolean;
  members: Member[];
}

type Switch = Extract<Group, { type: "enabled" }>["inline_agents"];
export type GroupDraft = { type: "enabled"; inline_agents: Switch; roster: Roster } | { type: "disabled" };

/** The resolved form, but for the agents in it. */
export type CallableAgentsDraft =
  | {
      type: "coordinator";
      roster: Roster;
      /** Where the members stand in what was sent. */
      places: number[];
      /** At most one, which the schema saw to. */
      advisor: { entry: Advisor; place: number } | null;
    }
  | {
      type: "multiagent_20261001";
      advisor: Extract<Multiagent, { type: "multiagent_20261001" }>["advisor"];
      subagents: GroupDraft;
      workflows: GroupDraft;
    };

/** The owner before the write. */
export interface Owner {
  id: string;
  version: number;
  multiagent: Multiagent | null;
}

/** Undefined keeps what is stored, null clears it; two of type `multiagent_20261001` are merged level by level, anything else is replaced. */
export function mergeCallableAgents(
  sent: MultiagentParams | null | undefined,
  owner: Owner | null,
): CallableAgentsDraft | null {
  const stored = owner?.multiagent ?? null;
  if (sent === undefined) return stored && draftOfStored(stored, owner);
  if (sent === null) return null;
  if (sent.type === "coordinator") return coordinator(sent.agents, true, owner);
  return newer(sent, stored?.type === sent.type ? stored : null, owner);
}

function draftOfStored(stored: Multiagent, owner: Owner | null): CallableAgentsDraft {
  if (stored.type === "coordinator") return coordinator(stored.agents, false, owner);
  return newer({ type: stored.type }, stored, owner);
}

function coordinator(entries: (string | Member | Advisor)[], sent: boolean, owner: Owner | null): CallableAgentsDraft {
  const draft: CallableAgentsDraft = { type: "coordinator", roster: { sent, members: [] }, places: [], advisor: null };
  for (const [place, entry] of entries.entries()) {
    if (typeof entry === "object" && entry.type === "advisor") draft.advisor = { entry, place };
    else {
      draft.roster.members.push(memberOf(entry, owner));
      draft.places.push(place);
    }
  }
  return draft;
}

/** A key that is omitted keeps its stored value, one that is null takes its default: no advisor, everything else on. */
function newer(
  sent: Newer,
  stored: Extract<Multiagent, { type: "multiagent_20261001" }> | null,
  owner: Owner | null,
): CallableAgentsDraft {
  return {
    type: "multiagent_20261001",
    advisor: orDefault(sent.advisor, stored?.advisor, { type: "disabled" }),
    subagents: group(sent.subagents, stored?.subagents ?? null, owner),
    workflows: group(sent.workflows, stored?.workflows ?? null, owner),
  };
}

/** Under another type than the stored one, what is omitted takes its default too. */
function group(sent: GroupParams | null | undefined, stored: Group | null, owner: Owner | null): GroupDraft {
  const given: GroupParams = sent === undefined ? { type: stored?.type ?? "enabled" } : (sent ?? { type: "enabled" });
  if (given.type === "disabled") return given;
  const before = sent !== null && stored?.type === "enabled" ? stored : null;
  return {
    type: "enabled",
    inline_agents: orDefault(given.inline_agents, before?.inline_agents, { type: "enabled" }),
    roster: {
      sent: given.predefined_agents !== undefined,
      members: orDefault<(string | Member)[]>(given.predefined_agents, before?.predefined_agents, []).map((entry) =>
        memberOf(entry, owner),
      ),
    },
  };
}

function orDefault<T>(sent: T | null | undefined, stored: T | undefined, usual: T): T {
  return sent === undefined ? (stored ?? usual) : (sent ?? usual);
}

/**
 * `self` reads back as the owner's own id and version, so that is `self` when it is sent again: an answer can be sent back as it came. An older
 * version of the owner is an agent like any other.
 * @inferred
 */
function memberOf(entry: string | Member, owner: Owner | null): Member {
  const member: Member = typeof entry === "string" ? { type: "agent", id: entry } : entry;
  if (member.type === "self" || member.id !== owner?.id) return member;
  return (member.version ?? owner.version) === owner.version ? { type: "self" } : member;
}
