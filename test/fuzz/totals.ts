/** What a run did and saw. */
export class Totals {
  readonly kinds = new Map<string, number>();
  readonly statuses = new Map<string, number>();
  #longest = { ms: 0, what: "" };
  rounds = 0;

  /** One answer; `status` is a word where there was none. */
  count(kind: string, status: number | string, ms: number, what: string): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    this.statuses.set(String(status), (this.statuses.get(String(status)) ?? 0) + 1);
    if (ms > this.#longest.ms) this.#longest = { ms, what: what.slice(0, 120) };
  }

  get requests(): number {
    return [...this.kinds.values()].reduce((sum, n) => sum + n, 0);
  }

  table(): string {
    const list = (counts: Map<string, number>) =>
      [...counts]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, n]) => `${name} ${n}`)
        .join(", ");
    const server = this.statuses.get("500") ?? 0;
    return [
      `  rounds                    ${this.rounds}`,
      `  requests                  ${this.requests}: ${list(this.kinds)}`,
      `  answers                   ${list(this.statuses)}`,
      `  of them 500               ${server}`,
      `  longest answer            ${this.#longest.ms.toFixed(0)} ms: ${this.#longest.what}`,
    ].join("\n");
  }
}
