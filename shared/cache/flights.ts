import type { Bucket } from "../bucket/bucket.ts";
import { abortedError, refuseAborted } from "./abort.ts";
import type { CacheContext } from "./context.ts";
import type { ObjectName } from "./index-rows.ts";
import { type Freshness, obtain, type Obtained } from "./obtain.ts";

/**
 * Fetches within this process: those that ask for the same object at the same time share one. It goes on while anybody
 * wants it, and whoever gives up leaves alone.
 */
export interface Flights {
  /** Resolves with the pin held once for the caller. */
  join(bucket: Bucket, key: string, freshness: Freshness, signal: AbortSignal | undefined): Promise<Obtained>;
  /** Ends all of them, with `reason` for those who wait. */
  close(reason: Error): Promise<void>;
}

export function createFlights(context: CacheContext): Flights {
  const flights = new Map<string, Flight>();
  const ending = new Set<Promise<void>>();

  function start(id: string, bucket: Bucket, key: string, freshness: Freshness): Flight {
    const controller = new AbortController();
    const flight: Flight = { controller, waiters: new Set() };
    flights.set(id, flight);
    const ended = obtain(context, bucket, key, freshness, controller.signal)
      .then(
        (obtained) => land(context, { bucket: bucket.url, key }, flight, obtained),
        (error: unknown) => {
          for (const waiter of flight.waiters) waiter.reject(error);
        },
      )
      .finally(() => {
        if (flights.get(id) === flight) flights.delete(id);
        ending.delete(ended);
      });
    ending.add(ended);
    return flight;
  }

  return {
    async join(bucket, key, freshness, signal) {
      refuseAborted(signal);
      const id = `${freshness}\0${bucket.url}\0${key}`;
      const flight = flights.get(id) ?? start(id, bucket, key, freshness);
      const { promise, resolve, reject } = Promise.withResolvers<Obtained>();
      const waiter = { resolve, reject };
      flight.waiters.add(waiter);
      const onAbort = (): void => {
        flight.waiters.delete(waiter);
        if (signal !== undefined) reject(abortedError(signal));
        if (flight.waiters.size > 0) return;
        // Whoever asks from now on starts a new one: this one is on its way out.
        if (flights.get(id) === flight) flights.delete(id);
        flight.controller.abort();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        return await promise;
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },
    async close(reason) {
      for (const flight of flights.values()) flight.controller.abort(reason);
      await Promise.all(ending);
    },
  };
}

interface Flight {
  readonly controller: AbortController;
  readonly waiters: Set<{ resolve(obtained: Obtained): void; reject(error: unknown): void }>;
}

/** Gives every waiter a hold of its own before anything else can run, then lets the flight's go. */
function land(context: CacheContext, name: ObjectName, flight: Flight, obtained: Obtained): void {
  for (const waiter of flight.waiters) {
    context.pins.hold(name);
    waiter.resolve(obtained);
  }
  flight.waiters.clear();
  context.pins.release(name);
}
