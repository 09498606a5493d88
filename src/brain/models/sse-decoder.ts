/**
 * The same bytes, with an eye on the clock: `stalled` is called once when no byte has come for `ms` while someone was waiting for one. Bytes count,
 * not events, so that a ping or a comment is a sign of life.
 */
export function watched(
  body: ReadableStream<Uint8Array> | null,
  ms: number,
  stalled: () => void,
): ReadableStream<Uint8Array> {
  const reader = body?.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const timer = setTimeout(() => {
          stalled();
          controller.error(new Error("stalled"));
        }, ms);
        try {
          const next = await reader?.read();
          if (next === undefined || next.done) controller.close();
          else controller.enqueue(next.value);
        } finally {
          clearTimeout(timer);
        }
      },
      async cancel(reason) {
        await reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
