import { SimpleTasksError } from "../../errors.ts";
import { checkSignal, refusal } from "../arguments.ts";
import type { BatchChange, Queue, QueueTransaction, Settlement } from "../queue.ts";
import { closeLeases } from "./close-leases.ts";
import type { Ask, SettleCounts, SettleSends } from "./requests.ts";

/** Which queues are of this driver, and where each lies: what a transaction can include. */
const places = new WeakMap<Queue, Place>();

export interface Place {
  /** Resolved path of the file. */
  readonly file: string;
  /** The queue's name in it. */
  readonly queue: string;
}

export function registerPlace(queue: Queue, place: Place): void {
  places.set(queue, place);
}

export interface TransactionOptions extends Place {
  readonly url: string;
  readonly ask: Ask;
}

/** Sends into queues of one file and deletes from one of them, in one transaction of SQLite. */
export function createTransaction({ file, queue, url, ask }: TransactionOptions): QueueTransaction {
  return {
    includes: (other) => places.get(other)?.file === file,

    async settle(settlements, { signal } = {}) {
      checkSignal(signal);
      return closeLeases({
        url,
        items: settlements,
        receiptOf: ({ receipt }) => receipt,
        refusalOf: (settlement) => refusalOf(settlement, file),
        sizeOf: ({ sends }) => sends.reduce((size, { body }) => size + body.length, 0),
        work: (leases, chunk) => {
          const [sends, counts] = [sendsByQueue(chunk), countsByQueue(chunk, queue)];
          return ask({ kind: "settle", queue, leases, sends, counts }, signal);
        },
      });
    },
  };
}

/** A settlement is carried out wholly or not at all: with one message that cannot be sent it is not. */
function refusalOf({ sends }: Settlement, file: string): SimpleTasksError | undefined {
  for (const { queue, ...message } of sends) {
    if (places.get(queue)?.file !== file) {
      return new SimpleTasksError("not_supported", `The queue ${queue.url} does not lie in ${file}.`);
    }
    const error = refusal(message, queue.limits);
    if (error !== undefined) return error;
  }
  return undefined;
}

function sendsByQueue(settlements: readonly Settlement[]): readonly SettleSends[] {
  const byQueue = new Map<string, { places: number[]; bodies: string[]; delays: number[] }>();
  for (const [place, { sends }] of settlements.entries()) {
    for (const { queue, body, delaySeconds = 0 } of sends) {
      const name = places.get(queue)?.queue ?? "";
      const columns = byQueue.get(name) ?? { places: [], bodies: [], delays: [] };
      byQueue.set(name, columns);
      columns.places.push(place);
      columns.bodies.push(body);
      columns.delays.push(delaySeconds);
    }
  }
  return Array.from(byQueue, ([queue, columns]) => ({ queue, ...columns }));
}

/** Mostly one queue, one batch and one change: what crosses to the thread is a list of places. */
function countsByQueue(settlements: readonly Settlement[], own: string): readonly SettleCounts[] {
  const byQueue = new Map<string, Map<string, BatchChange & { readonly places: number[] }>>();
  const add = (place: number, queue: string, counts: BatchChange | undefined): void => {
    if (counts === undefined) return;
    const { batch, change } = counts;
    const changes = byQueue.get(queue) ?? new Map<string, BatchChange & { readonly places: number[] }>();
    byQueue.set(queue, changes);
    const key = `${change} ${batch}`;
    const alike = changes.get(key) ?? { batch, change, places: [] };
    changes.set(key, alike);
    alike.places.push(place);
  };
  for (const [place, { sends, counts }] of settlements.entries()) {
    add(place, own, counts);
    for (const send of sends) add(place, places.get(send.queue)?.queue ?? "", send.counts);
  }
  return Array.from(byQueue, ([queue, changes]) => ({ queue, changes: [...changes.values()] }));
}
