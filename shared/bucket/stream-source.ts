import { SimpleTasksError } from "../errors.ts";
import { refuseAborted } from "./refusals.ts";

/**
 * The chunks of a stream that is being put. Stops waiting as soon as the signal fires, also when the stream stands still,
 * and tells the stream that nobody reads it any more.
 * @throws `aborted`; `usage` when a chunk is no bytes: a text, say, whose encoding nobody named
 */
export async function* chunksOfSource(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  refuseAborted(signal);
  const iterator = stream[Symbol.asyncIterator]();
  const { promise: fired, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => resolve(undefined);
  signal?.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), fired]);
      refuseAborted(signal);
      if (result === undefined || result.done === true) {
        ended = true;
        return;
      }
      yield bytesOnly(result.value);
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // Not awaited: a stream that stands still would not answer.
    if (!ended) void iterator.return?.().catch(() => {});
  }
}

function bytesOnly(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new SimpleTasksError(
    "usage",
    `A stream to be stored must give Uint8Array; this one gave ${typeof chunk}.`,
  );
}
