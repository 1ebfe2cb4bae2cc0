import type { Look } from "./queue-reads.ts";
import type { ReceiveRequest } from "./requests.ts";

export interface Receiver {
  readonly id: number;
  readonly request: ReceiveRequest;
  readonly busySeconds: number;
  /** Monotonic milliseconds. */
  readonly acceptedAt: number;
  /** When it is answered with nothing, in monotonic milliseconds. */
  readonly deadline: number;
}

/** The receives of this process that have not been answered, in the order in which they came, by queue. */
export interface Receivers {
  add(receiver: Receiver): void;
  /** Removes one; undefined when there is none of that id. */
  remove(id: number): Receiver | undefined;
  all(): IterableIterator<Receiver>;
  /** Those of one queue, longest waiting first. */
  of(queue: string): readonly Receiver[];
  /** Makes sure that the next `lookAgain` looks at this queue. */
  wake(queue: string): void;
  wakeAll(): void;
  /** Asks `look` about queues that were woken or whose time has come, and gives those with something to receive. */
  lookAgain(look: (queue: string) => Look, wallClock: number): readonly string[];
  /** When to look again or to answer somebody with nothing: milliseconds from now, Infinity when there is nothing to wait for. */
  sleep(monotonic: number, wallClock: number): number;
}

interface Waiting {
  readonly receivers: Map<number, Receiver>;
  woken: boolean;
  /** When the next message becomes visible by itself, in ms since 1970. */
  next: number;
}

export function createReceivers(): Receivers {
  const queues = new Map<string, Waiting>();
  const queueOf = new Map<number, string>();

  return {
    add(receiver) {
      const { queue } = receiver.request;
      const waiting = queues.get(queue) ?? {
        receivers: new Map<number, Receiver>(),
        woken: true,
        next: Infinity,
      };
      queues.set(queue, waiting);
      waiting.receivers.set(receiver.id, receiver);
      waiting.woken = true;
      queueOf.set(receiver.id, queue);
    },

    remove(id) {
      const queue = queueOf.get(id);
      const waiting = queue === undefined ? undefined : queues.get(queue);
      if (queue === undefined || waiting === undefined) return undefined;
      const receiver = waiting.receivers.get(id);
      waiting.receivers.delete(id);
      queueOf.delete(id);
      if (waiting.receivers.size === 0) queues.delete(queue);
      return receiver;
    },

    *all() {
      for (const { receivers } of queues.values()) yield* receivers.values();
    },

    of: (queue) => [...(queues.get(queue)?.receivers.values() ?? [])],

    wake(queue) {
      const waiting = queues.get(queue);
      if (waiting !== undefined) waiting.woken = true;
    },

    wakeAll() {
      for (const waiting of queues.values()) waiting.woken = true;
    },

    lookAgain(look, wallClock) {
      const ready: string[] = [];
      for (const [queue, waiting] of queues) {
        if (!waiting.woken && waiting.next > wallClock) continue;
        const { visible, next } = look(queue);
        // What is visible stays so until somebody takes it.
        waiting.woken = visible;
        waiting.next = next ?? Infinity;
        if (visible) ready.push(queue);
      }
      return ready;
    },

    sleep(monotonic, wallClock) {
      let until = Infinity;
      for (const { receivers, next, woken } of queues.values()) {
        if (woken) return 0;
        until = Math.min(until, next - wallClock);
        for (const { deadline } of receivers.values()) until = Math.min(until, deadline - monotonic);
      }
      return Math.max(0, until);
    },
  };
}
