import type { Bucket } from "../../../shared/bucket/bucket.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { settle } from "../../../shared/queue/settle.ts";

/** Places in the way of a task at which a test daemon kills itself, each right after the step's effect. */
export type KillPoint = "lease" | "fetch" | "upload" | "report" | "delete" | "settle";

export interface Killer {
  passed(point: KillPoint): void;
}

/**
 * Kills this process, as `kill -9` does, at the `countdown`-th time that `point` is passed, or so many turns of the event
 * loop later: then the kill falls into whatever happens to be under way.
 */
export function createKiller(point: KillPoint | "none", countdown: number, turnsLater: number): Killer {
  let left = countdown;
  const kill = (turns: number): void => {
    if (turns === 0) process.kill(process.pid, "SIGKILL");
    else setImmediate(kill, turns - 1);
  };
  return {
    passed(passed) {
      if (passed !== point) return;
      left -= 1;
      if (left === 0) kill(turnsLater);
    },
  };
}

/** The queue, killing after leases, after settlements and, where reports lie elsewhere, after deletes. */
export function killingTaskQueue(queue: Queue, killer: Killer): Queue {
  const { transaction } = queue;
  const wrapped: Queue = {
    ...forwarded(queue),
    async receive(options) {
      const messages = await queue.receive(options);
      for (const _ of messages) killer.passed("lease");
      return messages;
    },
    async delete(receipts, options) {
      const outcomes = await queue.delete(receipts, options);
      for (const _ of receipts) killer.passed("delete");
      return outcomes;
    },
    ...(transaction !== undefined && {
      transaction: {
        includes: (other: Queue) => transaction.includes(original(other)),
        async settle(settlements, options) {
          const outcomes = await transaction.settle(
            settlements.map((one) => ({
              ...one,
              sends: one.sends.map((send) => ({ ...send, queue: original(send.queue) })),
            })),
            options,
          );
          // What was reported elsewhere is only deleted, and counted.
          for (const { sends } of settlements) killer.passed(sends.length === 0 ? "delete" : "settle");
          return outcomes;
        },
      },
    }),
  };
  originals.set(wrapped, queue);
  return wrapped;
}

/** The error or done queue, killing after sends. */
export function killingReportQueue(queue: Queue, killer: Killer): Queue {
  const wrapped: Queue = {
    ...forwarded(queue),
    async send(messages, options) {
      const outcomes = await queue.send(messages, options);
      for (const _ of messages) killer.passed("report");
      return outcomes;
    },
  };
  originals.set(wrapped, queue);
  return wrapped;
}

/**
 * The mistake that the kill test must be able to see: a queue whose settling deletes the message before it reports.
 */
export function deletingFirst(queue: Queue, killer: Killer): Queue {
  const wrapped: Queue = {
    ...forwarded(queue),
    transaction: {
      includes: () => true,
      async settle(settlements, options) {
        const outcomes = await settle(
          queue,
          settlements.map(({ receipt }) => ({ receipt, sends: [] })),
          options,
        );
        for (const _ of settlements) killer.passed("delete");
        for (const { sends } of settlements) {
          for (const { queue: target, ...message } of sends) await target.send([message], options);
        }
        return outcomes;
      },
    },
  };
  originals.set(wrapped, queue);
  return wrapped;
}

export function killingBucket(bucket: Bucket, killer: Killer): Bucket {
  return {
    url: bucket.url,
    local: bucket.local,
    head: (key, options) => bucket.head(key, options),
    delete: (key, options) => bucket.delete(key, options),
    list: (options) => bucket.list(options),
    async get(key, options) {
      const stream = await bucket.get(key, options);
      return { info: stream.info, body: killingAtEnd(stream.body, killer) };
    },
    async put(key, source, options) {
      const info = await bucket.put(key, source, options);
      killer.passed("upload");
      return info;
    },
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  };
}

const originals = new WeakMap<Queue, Queue>();

function original(queue: Queue): Queue {
  return originals.get(queue) ?? queue;
}

function forwarded(queue: Queue): Queue {
  return {
    url: queue.url,
    limits: queue.limits,
    reopensByUrl: queue.reopensByUrl,
    send: (messages, options) => queue.send(messages, options),
    receive: (options) => queue.receive(options),
    extend: (receipts, leaseSeconds, options) => queue.extend(receipts, leaseSeconds, options),
    release: (releases, options) => queue.release(releases, options),
    delete: (receipts, options) => queue.delete(receipts, options),
    stats: (options) => queue.stats(options),
    purge: (options) => queue.purge(options),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

async function* killingAtEnd(body: AsyncIterable<Uint8Array>, killer: Killer): AsyncGenerator<Uint8Array> {
  yield* body;
  killer.passed("fetch");
}
