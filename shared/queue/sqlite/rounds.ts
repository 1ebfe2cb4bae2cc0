import { SimpleTasksError } from "../../errors.ts";
import { carryOut, mustBeDurable, readOut } from "./carry-out.ts";
import { busyError, sqliteError } from "./errors.ts";
import { createReceivers } from "./receivers.ts";
import {
  type Answer,
  type ReadRequest,
  type Reply,
  type Request,
  toErrorText,
  type WriteRequest,
} from "./requests.ts";
import type { Shrinker } from "./shrinker.ts";
import type { Store } from "./store.ts";
import type { WriteLock } from "./write-lock.ts";

/**
 * Group commit: requests that came while a transaction was being written go into the next one together. A *round*
 * answers reads, then carries out in one transaction what closes, renews or gives back leases, then sends up to a
 * bound, then serves waiting receivers in their order. A round with nothing to do shrinks the file a little.
 */
export interface Rounds {
  accept(id: number, request: Request, busySeconds: number): void;
  /** Answers a request that was not carried out yet with `aborted`. */
  cancel(id: number): void;
  /** Somebody else changed the file. */
  ring(): void;
  /** One round. Gives the milliseconds after which the next is due: 0 at once, Infinity when only an event makes one. */
  run(): number;
}

export interface RoundsContext {
  readonly file: string;
  readonly store: Store;
  readonly lock: WriteLock;
  readonly shrinker: Shrinker;
  /** Takes in what has arrived in the meantime, by `accept` and `cancel`. */
  readonly takeIn: () => void;
  readonly reply: (replies: readonly Reply[]) => void;
  /** Wakes receivers in other processes. */
  readonly ringBell: () => void;
  /** Called when a receiver is going to wait, before the look that decides it: other processes' bells must be heard from then on. */
  readonly listen: () => void;
}

interface Pending {
  readonly request: WriteRequest;
  readonly busySeconds: number;
  /** Monotonic milliseconds. */
  readonly acceptedAt: number;
}

/** What one transaction takes of bulk sends: about 10 ms of work, for which a renewal may have to wait. */
const largestSends = { messages: 4096, characters: 2 * 1024 * 1024 };

export function createRounds(context: RoundsContext): Rounds {
  const { file, store, lock, shrinker, takeIn, reply, ringBell, listen } = context;
  const reads = new Map<number, ReadRequest>();
  /** Everything that writes but sends: small, and others wait for it. */
  const urgent = new Map<number, Pending>();
  const sends = new Map<number, Pending>();
  const receivers = createReceivers();
  let replies: Reply[] = [];

  const answer = (id: number, answer: Answer): void => void replies.push({ id, answer });
  const fail = (id: number, error: SimpleTasksError): void =>
    void replies.push({ id, error: toErrorText(error) });
  const post = (): void => {
    if (replies.length === 0) return;
    reply(replies);
    replies = [];
  };

  const answerReads = (): void => {
    for (const [id, request] of reads) {
      try {
        answer(id, readOut(store, request));
      } catch (error) {
        fail(id, sqliteError(error, file));
      }
    }
    reads.clear();
  };

  /** The queues with waiting receivers and something to receive. */
  const findReady = (): readonly string[] => {
    const look = (queue: string) => store.existing(queue)?.look() ?? { visible: false };
    try {
      return receivers.lookAgain(look, Date.now());
    } catch (error) {
      for (const { id } of receivers.all()) {
        receivers.remove(id);
        fail(id, sqliteError(error, file));
      }
      return [];
    }
  };

  /** Fails with `queue_busy` what has waited too long for the lock; false when nothing is left that needs it. */
  const stillWanted = (since: number, ready: readonly string[]): boolean => {
    const time = performance.now();
    const isOver = (one: { acceptedAt: number; busySeconds: number }): boolean =>
      time - Math.max(since, one.acceptedAt) >= one.busySeconds * 1000;
    for (const pending of [urgent, sends]) {
      for (const [id, one] of pending) {
        if (!isOver(one)) continue;
        pending.delete(id);
        fail(id, busyError(file));
      }
    }
    const waiting = ready.flatMap((queue) => receivers.of(queue));
    for (const receiver of waiting) {
      if (!isOver(receiver)) continue;
      receivers.remove(receiver.id);
      fail(receiver.id, busyError(file));
    }
    post();
    return urgent.size + sends.size > 0 || ready.some((queue) => receivers.of(queue).length > 0);
  };

  /** What the transaction that has just begun is to carry out. */
  const compose = (durable: boolean): ReadonlyMap<number, WriteRequest> => {
    const chosen = new Map<number, WriteRequest>();
    for (const [id, { request }] of urgent) if (durable || !mustBeDurable(request)) chosen.set(id, request);
    let [messages, characters] = [0, 0];
    for (const [id, { request }] of durable ? sends : []) {
      if (
        request.kind !== "send" ||
        messages >= largestSends.messages ||
        characters >= largestSends.characters
      )
        break;
      chosen.set(id, request);
      messages += request.bodies.length;
      for (const body of request.bodies) characters += body.length;
    }
    return chosen;
  };

  const serve = (queues: Iterable<string>, answered: Map<number, Answer>): void => {
    for (const queue of queues) {
      for (const { id, request } of receivers.of(queue)) {
        const taken = store.queue(queue).receive(request.max, request.leaseSeconds);
        if (taken.ids.length === 0) break;
        answered.set(id, taken);
      }
    }
  };

  const write = (readyAtFirst: readonly string[]): void => {
    let ready = readyAtFirst;
    let durable = false;
    const tryBegin = (): boolean => {
      durable = sends.size > 0 || [...urgent.values()].some(({ request }) => mustBeDurable(request));
      return store.begin(durable);
    };
    const since = performance.now();
    const whileWaiting = (): boolean => {
      takeIn();
      answerReads();
      ready = findReady();
      endWaits(ready);
      return stillWanted(since, ready);
    };
    const answered = new Map<number, Answer>();
    const toWake = new Set<string>();
    let chosen: ReadonlyMap<number, WriteRequest> = new Map();
    try {
      if (!lock.acquire(tryBegin, whileWaiting)) return;
      takeIn();
      chosen = compose(durable);
      for (const [id, request] of chosen) {
        const { answer, wakes } = carryOut(store, request);
        answered.set(id, answer);
        for (const queue of wakes) toWake.add(queue);
      }
      serve(new Set([...ready, ...toWake]), answered);
      store.commit();
    } catch (error) {
      store.rollback();
      const failed = new Set([...chosen.keys(), ...answered.keys()]);
      if (failed.size === 0) for (const id of [...urgent.keys(), ...sends.keys()]) failed.add(id);
      if (failed.size === 0)
        for (const queue of ready) for (const { id } of receivers.of(queue)) failed.add(id);
      for (const id of failed) {
        forget(id);
        fail(id, sqliteError(error, file));
      }
      return;
    }
    shrinker.disturb();
    for (const [id, result] of answered) {
      forget(id);
      answer(id, result);
    }
    for (const queue of ready) receivers.wake(queue);
    for (const queue of toWake) receivers.wake(queue);
    if (toWake.size > 0) ringBell();
  };

  const forget = (id: number): void => {
    if (!urgent.delete(id) && !sends.delete(id)) receivers.remove(id);
  };

  /** Answers with nothing those whose waiting time is over, unless their queue has something that they can still get. */
  const endWaits = (ready: readonly string[]): void => {
    const time = performance.now();
    for (const { id, deadline, request } of receivers.all()) {
      if (deadline > time || ready.includes(request.queue)) continue;
      receivers.remove(id);
      answer(id, { ids: [], bodies: [], deliveries: [], sentAt: [], token: 0, leaseEnd: 0 });
    }
  };

  return {
    accept(id, request, busySeconds) {
      const acceptedAt = performance.now();
      switch (request.kind) {
        case "stats":
        case "peek":
        case "batches":
          reads.set(id, request);
          return;
        case "receive": {
          if (request.waitSeconds > 0) listen();
          const deadline = acceptedAt + request.waitSeconds * 1000;
          receivers.add({ id, request, busySeconds, acceptedAt, deadline });
          return;
        }
        case "send":
          sends.set(id, { request, busySeconds, acceptedAt });
          return;
        default:
          urgent.set(id, { request, busySeconds, acceptedAt });
      }
    },

    cancel(id) {
      if (!reads.delete(id) && !urgent.delete(id) && !sends.delete(id) && receivers.remove(id) === undefined)
        return;
      fail(id, new SimpleTasksError("aborted", "The call was aborted before it was carried out."));
    },

    ring: () => receivers.wakeAll(),

    run() {
      answerReads();
      const ready = findReady();
      if (urgent.size + sends.size + ready.length > 0) write(ready);
      const stillReady = findReady();
      endWaits(stillReady);
      post();
      const more = urgent.size + sends.size + reads.size + stillReady.length > 0;
      if (more) return 0;
      const shrinks = shrinker.step();
      return Math.min(shrinks, receivers.sleep(performance.now(), Date.now()));
    },
  };
}
