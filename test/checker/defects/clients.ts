/** To what clients were told. */
import type { Dump, StreamItem } from "../dump.ts";
import { isIdle, stopOf } from "../read.ts";
import { after, change, type Defects, defect, drop, none } from "./spoil.ts";

/** Messages that were acknowledged, each alone in its post. */
const acked = (dump: Dump) =>
  dump.posts.filter((post) => post.acked?.length === 1 && post.events[0]?.type === "user.message");

const piece = (dump: Dump) => {
  const kept = (id: string) => dump.events.some((event) => event.id === id);
  return dump.connections.flatMap(({ items }) =>
    items.flatMap((one) => (one.t === "delta" && kept(one.id) ? [one] : [])),
  )[0];
};

export const CLIENTS: Defects = {
  I4: [
    defect("is listed 0 times", (dump) =>
      drop(dump.events, (event) => dump.posts.some((post) => post.acked?.includes(event.id))),
    ),
    defect("was the answer to 2 posts", (dump) => {
      const [post, other] = acked(dump);
      return post && other ? Object.assign(other, { acked: post.acked }) : none;
    }),
    defect("times and was sent", (dump) => {
      const keyed = acked(dump).find((post) => post.key !== null)?.acked?.[0];
      return after(dump, (event) => event.id === keyed, {});
    }),
    defect("and was sent 0 times", (dump) => {
      const alone = acked(dump).find((post) => post.attempts === 1);
      return alone ? Object.assign(alone, { acked: null, refused: true }) : none;
    }),
    defect("acknowledged later and is listed earlier", (dump) => {
      const cred = acked(dump).find((post) => acked(dump).some((one) => one !== post && one.cred === post.cred))?.cred;
      const [post, other] = acked(dump).filter((one) => one.cred === cred);
      if (!post || !other) return none;
      [post.acked, other.acked] = [other.acked, post.acked];
      return post;
    }),
    defect("waits in a session that is at rest", (dump) => {
      const ids = new Set(acked(dump).flatMap((post) => post.acked ?? []));
      const rests = stopOf(dump.events.findLast(isIdle) ?? { id: "", type: "" }) === "end_turn";
      return rests
        ? change(
            dump.events.find((event) => ids.has(event.id)),
            { processed_at: null },
          )
        : none;
    }),
    defect("the update to", (dump) => dump.inside?.updates?.push({ title: "never", acked: true })),
  ],
  I14: [
    defect("after", (dump) => {
      const connection = dump.connections.find((one) => one.items.filter((item) => item.t === "event").length > 2);
      return connection ? drop(connection.items, (item) => item.t === "event") : none;
    }),
    defect("after", ({ connections }) => {
      const item = connections.flatMap(({ items }) => items).find((one) => one.t === "event");
      return item ? Object.assign(item, { id: "sevt_never_stored" }) : none;
    }),
    defect("after", ({ connections }) => {
      const items = connections.find((one) => one.items[0]?.t === "event")?.items;
      return items?.[0] ? items.unshift(structuredClone(items[0])) : none;
    }),
    defect("was not told of", ({ connections }) => {
      const items = connections.find((one) => one.open && one.items.length > 0)?.items;
      return items ? items.splice(items.findLastIndex((item) => item.t === "event")) : none;
    }),
  ],
  I15: [
    defect("is not how it begins", (dump) => change(piece(dump), { text: "something else" })),
    defect("after the event itself", ({ connections }) => {
      for (const { items } of connections) {
        const item = items.find(
          (one) => one.t === "start" && items.some((other) => other.t === "event" && other.id === one.id),
        );
        if (item) return items.push(item);
      }
      return none;
    }),
    defect("was announced twice", ({ connections }) => {
      const { items } = connections.find((one) => one.items.some((item) => item.t === "start")) ?? {};
      const at = items?.findIndex((item) => item.t === "start") ?? -1;
      return items && at >= 0 ? items.splice(at, 0, items[at] as StreamItem) : none;
    }),
    defect("which was not announced", ({ connections }) => {
      const items = connections.find((one) => one.items.some((item) => item.t === "delta"))?.items;
      return drop(items, (item) => item.t === "start");
    }),
  ],
  I23: [
    defect("was on no page", ({ walks }) => drop(walks.find((walk) => walk.before.length > 1)?.ids, () => true)),
    defect("was on 2 pages", ({ walks }) => {
      const ids = walks.find((walk) => walk.ids.length > 1)?.ids;
      return ids ? ids.push(ids[0] as string) : none;
    }),
    defect("is not of this list", ({ walks: [walk] }) => (walk ? walk.ids.push("sevt_never_stored") : none)),
    defect("is not of this list", ({ walks }) =>
      change(
        walks.find(({ types, ids }) => !types && ids.length > 0),
        { types: ["x"] },
      ),
    ),
    defect("was out of order", ({ walks }) => {
      const walk = walks.find(({ types, ids }) => types === null && ids.length > 5);
      return walk ? walk.ids.reverse() : none;
    }),
  ],
};
