import { SimpleTasksError } from "../errors.ts";
import {
  aborted,
  checkLease,
  checkReceive,
  checkSignal,
  delayRefusal,
  leaseLost,
  refusal,
} from "./arguments.ts";
import { tallyPurged, tasksByBatch } from "./batch-mark.ts";
import { tallyChanges } from "./batch-totals.ts";
import { createMemoryBatches, type MemoryBatches } from "./memory-batches.ts";
import { createMemoryStore, type MemoryStore, type Stored } from "./memory-store.ts";
import type { LeaseOutcome, Message, Queue, QueueLimits, SendOutcome } from "./queue.ts";

export interface MemoryQueueOptions {
  /** Shown in its URL, `memory:NAME`. Default: none. */
  readonly name?: string | undefined;
  readonly clock?: MemoryClock | undefined;
  /** Other limits than its own, for tests of code that must respect them. */
  readonly limits?: Partial<QueueLimits> | undefined;
}

export interface MemoryClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after so many milliseconds unless the function that it returns is called first. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** A queue in this process's memory, gone with it. For tests and as the reference of what a queue does. */
export function createMemoryQueue({
  name = "",
  clock = systemClock,
  limits = {},
}: MemoryQueueOptions = {}): Queue {
  return handle(createPlace(`memory:${name}`, clock), { ...memoryLimits, ...limits });
}

/** `memory:NAME` is one queue for as long as this process runs; `memory:` is a new one every time. */
export function openMemoryQueue(url: string): Queue {
  const name = url.slice("memory:".length);
  if (name === "") return createMemoryQueue();
  const place = named.get(name) ?? createPlace(`memory:${name}`, systemClock);
  named.set(name, place);
  return handle(place, memoryLimits);
}

const memoryLimits: QueueLimits = {
  messageBytes: 16 * 1024 * 1024,
  delaySeconds: 366 * 24 * 3600,
  leaseCeilingSeconds: Infinity,
  receiveBatch: 1000,
  exactStats: true,
  takesBackDeliveries: true,
};

const systemClock: MemoryClock = {
  now: Date.now,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** What all handles of one queue share. */
interface Place {
  readonly url: string;
  readonly clock: MemoryClock;
  readonly store: MemoryStore;
  readonly batches: MemoryBatches;
  /** Longest waiting first. */
  readonly receivers: Set<Receiver>;
  /** Gives what is visible to those who wait, in their order, and sets the timer for what becomes visible next. */
  serve(): void;
}

interface Receiver {
  /** Whether there was something for it. */
  take(): boolean;
}

const named = new Map<string, Place>();
/** Every memory queue can be part of every other's transaction: nothing comes between two statements. */
const places = new WeakMap<Queue, Place>();

function createPlace(url: string, clock: MemoryClock): Place {
  const store = createMemoryStore();
  const receivers = new Set<Receiver>();
  let cancelTimer = (): void => undefined;
  const serve = (): void => {
    cancelTimer();
    for (const receiver of receivers) if (!receiver.take()) break;
    const wait = store.next(clock.now()) - clock.now();
    // A timer reaches no further; then it looks once more on the way.
    if (receivers.size > 0 && wait < Infinity) cancelTimer = clock.after(Math.min(wait, 2 ** 31 - 1), serve);
  };
  return { url, clock, store, batches: createMemoryBatches(), receivers, serve };
}

function handle(place: Place, limits: QueueLimits): Queue {
  const { url, clock, store, batches, receivers, serve } = place;
  const closing = new AbortController();

  const begin = (signal?: AbortSignal): number => {
    if (closing.signal.aborted) throw new SimpleTasksError("closed", `The queue ${url} was closed.`);
    checkSignal(signal);
    return clock.now();
  };

  /** One outcome per receipt: what `act` did with the message, or `lease_lost`. */
  const onHeld = (
    receipt: string,
    now: number,
    act: (message: Stored) => LeaseOutcome | void,
  ): LeaseOutcome => {
    const message = store.held(receipt, now);
    if (message === undefined) return { held: false, error: leaseLost(receipt, url) };
    return act(message) ?? { held: true };
  };

  const wait = (
    seconds: number,
    take: () => readonly Message[],
    signal?: AbortSignal,
  ): Promise<readonly Message[]> => {
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Message[]>();
    const receiver: Receiver = {
      take() {
        const messages = take();
        if (messages.length > 0) end(() => resolve(messages));
        return messages.length > 0;
      },
    };
    const onAbort = (): void =>
      end(() =>
        reject(
          signal?.aborted === true
            ? aborted(signal)
            : new SimpleTasksError("closed", `The queue ${url} was closed.`),
        ),
      );
    const cancelDeadline =
      seconds < Infinity
        ? clock.after(Math.min(seconds * 1000, 2 ** 31 - 1), () => end(() => resolve([])))
        : () => undefined;
    const end = (settle: () => void): void => {
      receivers.delete(receiver);
      // Nobody waits: a timer that stayed would keep the process from ending.
      if (receivers.size === 0) place.serve();
      cancelDeadline();
      either.removeEventListener("abort", onAbort);
      settle();
    };
    either.addEventListener("abort", onAbort);
    receivers.add(receiver);
    serve();
    return promise;
  };

  const self: Queue = {
    url,
    limits,
    reopensByUrl: false,

    async send(messages, { signal } = {}) {
      const now = begin(signal);
      const outcomes = messages.map((message): SendOutcome => {
        const error = refusal(message, limits);
        if (error !== undefined) return { sent: false, error };
        return { sent: true, id: String(store.send(message.body, message.delaySeconds ?? 0, now).id) };
      });
      const sent = messages.filter((_, index) => outcomes[index]?.sent === true);
      batches.count(tallyChanges(sent.map(({ counts }) => counts)), now);
      serve();
      return outcomes;
    },

    async receive({ max, waitSeconds, leaseSeconds, signal }) {
      begin(signal);
      checkReceive({ max, waitSeconds, leaseSeconds });
      const take = () =>
        store.lease(Math.min(max, limits.receiveBatch), leaseSeconds, clock.now()).map(messageOf);
      // Those who wait already come first.
      const messages = receivers.size > 0 ? [] : take();
      if (messages.length > 0 || waitSeconds === 0) return messages;
      return wait(waitSeconds, take, signal);
    },

    async extend(receipts, leaseSeconds, { signal } = {}) {
      const now = begin(signal);
      checkLease(leaseSeconds);
      const extend = (message: Stored): LeaseOutcome => {
        store.extend(message, leaseSeconds, now);
        return { held: true, leaseEnd: message.until };
      };
      const outcomes = receipts.map((receipt) => onHeld(receipt, now, extend));
      serve();
      return outcomes;
    },

    async release(releases, { signal } = {}) {
      const now = begin(signal);
      const outcomes = releases.map(({ receipt, delaySeconds = 0, unstarted = false }): LeaseOutcome => {
        const error = delayRefusal(delaySeconds, limits);
        if (error !== undefined) return { held: false, error };
        const takeBack = unstarted && limits.takesBackDeliveries;
        return onHeld(receipt, now, (message) => store.release(message, delaySeconds, takeBack, now));
      });
      serve();
      return outcomes;
    },

    async delete(receipts, { signal } = {}) {
      const now = begin(signal);
      return receipts.map((receipt) => onHeld(receipt, now, store.delete));
    },

    async stats({ signal } = {}) {
      return store.stats(begin(signal));
    },

    async purge({ signal } = {}) {
      const now = begin(signal);
      batches.count(tallyPurged(store.bodies(now)), now);
      return store.purge();
    },

    async expire(before, { signal } = {}) {
      return store.expire(before, begin(signal));
    },

    async lease(ids, leaseSeconds, { signal } = {}) {
      const now = begin(signal);
      checkLease(leaseSeconds);
      return store.leaseIds(ids.map(Number), leaseSeconds, now).map(messageOf);
    },

    batches: {
      async list({ signal } = {}) {
        return batches.list(tasksByBatch(store.bodies(begin(signal), "leased")));
      },
      async count(changes, { signal } = {}) {
        const now = begin(signal);
        batches.count(tallyChanges(changes), now);
      },
    },

    async peek({ max, after, signal }) {
      return store.peek(max, after === undefined ? 0 : Number(after), begin(signal));
    },

    async releaseAll({ signal } = {}) {
      const ended = store.releaseAll(begin(signal));
      serve();
      return ended;
    },

    transaction: {
      includes: (other) => places.has(other),
      async settle(settlements, { signal } = {}) {
        const now = begin(signal);
        const touched = new Set<Place>();
        const outcomes = settlements.map(({ receipt, sends, counts }): LeaseOutcome => {
          for (const { queue, ...message } of sends) {
            const error = refusal(message, queue.limits);
            if (error !== undefined) return { held: false, error };
          }
          return onHeld(receipt, now, (message) => {
            for (const { queue, body, delaySeconds = 0, counts: counted } of sends) {
              const target = places.get(queue);
              target?.store.send(body, delaySeconds, now);
              target?.batches.count(tallyChanges([counted]), now);
              if (target !== undefined) touched.add(target);
            }
            batches.count(tallyChanges([counts]), now);
            store.delete(message);
          });
        });
        for (const target of touched) target.serve();
        return outcomes;
      },
    },

    async [Symbol.asyncDispose]() {
      closing.abort();
    },
  };
  places.set(self, place);
  return self;
}

function messageOf({ id, body, receipt = "", deliveries, until, sentAt }: Stored): Message {
  return { id: String(id), body, receipt, deliveries, leaseEnd: until, sentAt };
}
