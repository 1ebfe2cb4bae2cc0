import { tallyChanges } from "../batch-totals.ts";
import type { Answer, ReadRequest, SettleRequest, WriteRequest } from "./requests.ts";
import type { Closed } from "./queue-table.ts";
import type { Store } from "./store.ts";

export interface Carried {
  readonly answer: Answer;
  /** The queues whose waiting receivers, here and in other processes, must look again. */
  readonly wakes: readonly string[];
}

const durable: ReadonlySet<WriteRequest["kind"]> = new Set(["send", "delete", "settle", "count", "purge"]);

/** Whether what it changes must be on disk before it is answered; the others change only leases, or forget what is old. */
export function mustBeDurable({ kind }: WriteRequest): boolean {
  return durable.has(kind);
}

/** Carries out a request that changes the file, in a write transaction. */
export function carryOut(store: Store, request: WriteRequest): Carried {
  const table = store.queue(request.queue);
  switch (request.kind) {
    case "send":
      table.count(request.tallies);
      return { answer: { firstId: table.send(request.bodies, request.delays) }, wakes: [request.queue] };
    case "lease":
      return { answer: table.lease(request.ids, request.leaseSeconds), wakes: [] };
    case "extend": {
      const answer = table.extend(request.leases, request.leaseSeconds);
      return { answer, wakes: answer.shortened ? [request.queue] : [] };
    }
    case "release":
      return {
        answer: table.release(request.leases, request.delays, request.unstarted),
        wakes: [request.queue],
      };
    case "delete":
      return { answer: table.delete(request.leases), wakes: [] };
    case "settle":
      return { answer: carryOutSettle(store, request), wakes: request.sends.map(({ queue }) => queue) };
    case "count":
      table.count(request.tallies);
      return { answer: undefined, wakes: [] };
    case "expire":
      return { answer: table.expire(request.before, request.after), wakes: [] };
    case "purge":
      return { answer: table.purge(request.end), wakes: [] };
    case "releaseAll":
      return { answer: table.releaseAll(), wakes: [request.queue] };
  }
}

/** Reads without the write lock. */
export function readOut(store: Store, request: ReadRequest): Answer {
  const table = store.existing(request.queue);
  switch (request.kind) {
    case "stats":
      return table?.stats() ?? { visible: 0, leased: 0, delayed: 0 };
    case "peek":
      return table?.peek(request.max, request.after) ?? [];
    case "batches":
      return table?.batches() ?? [];
  }
}

function carryOutSettle(store: Store, { queue, leases, sends, counts }: SettleRequest): Closed {
  const closed = store.queue(queue).delete(leases);
  const lost = new Set(closed.lost);
  for (const { queue: target, places, bodies, delays } of sends) {
    const stillHeld = (_: unknown, index: number): boolean => !lost.has(places[index] ?? -1);
    store.queue(target).send(bodies.filter(stillHeld), delays.filter(stillHeld));
  }
  const held = (places: readonly number[]): number => places.filter((place) => !lost.has(place)).length;
  for (const { queue: counting, changes } of counts) {
    const counted = changes.map(({ batch, change, places }) => ({ batch, change, count: held(places) }));
    store.queue(counting).count(tallyChanges(counted));
  }
  return closed;
}
