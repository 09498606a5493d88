/**
 * A body whose first bytes come and whose rest never does: `awaited` resolves when somebody waits for the rest, `cancelled` says whether they
 * stopped.
 */
export function stalledBody(text: string) {
  const state = { cancelled: false };
  let tell = () => {};
  const awaited = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let sent = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(open) {
        if (sent) return tell();
        sent = true;
        open.enqueue(new TextEncoder().encode(text));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, awaited, state };
}
