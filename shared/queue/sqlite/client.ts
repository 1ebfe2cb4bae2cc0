import { asSimpleTasksError, SimpleTasksError } from "../../errors.ts";
import { tallyChanges } from "../batch-totals.ts";
import { aborted, checkLease, checkReceive, checkSignal, delayRefusal, refusal } from "../arguments.ts";
import type { Message, OutgoingMessage, Queue, QueueLimits, SendOutcome } from "../queue.ts";
import { chunksOf, largestChunk, onEachChunk } from "./chunks.ts";
import { closeLeases } from "./close-leases.ts";
import type { Connection } from "./connection.ts";
import { receiptOf } from "./receipt.ts";
import type { AnswerTo, Ask, ExpireRequest, LeaseRequest, PurgeRequest, ReceiveRequest } from "./requests.ts";
import type { Taken } from "./taken.ts";
import { createTransaction, registerPlace } from "./transaction.ts";

const limits: QueueLimits = {
  messageBytes: 16 * 1024 * 1024,
  delaySeconds: 366 * 24 * 3600,
  leaseCeilingSeconds: Infinity,
  receiveBatch: 1000,
  exactStats: true,
  takesBackDeliveries: true,
};

export interface ClientOptions {
  readonly connection: Connection;
  /** Resolved path of the file. */
  readonly file: string;
  /** The queue's name in it. */
  readonly queue: string;
  readonly url: string;
  /** How long a call waits while a program outside the line keeps the file locked, in seconds. */
  readonly busySeconds: number;
}

/** The async side of one queue in a SQLite file: checks what it is given, cuts it into chunks, asks the file's thread. */
export function createClient({ connection, file, queue, url, busySeconds }: ClientOptions): Queue {
  const closing = new AbortController();
  const inFlight = new Set<Promise<unknown>>();
  const closedError = (): SimpleTasksError => new SimpleTasksError("closed", `The queue ${url} was closed.`);

  /** What the end of this queue waits for. */
  const track = async <Result>(work: Promise<Result>): Promise<Result> => {
    inFlight.add(work);
    try {
      return await work;
    } finally {
      inFlight.delete(work);
    }
  };

  const ask: Ask = async (request, signal) => {
    if (closing.signal.aborted) throw closedError();
    return track(connection.ask(request, busySeconds, signal));
  };

  /** Undoes a receive that came back after its caller had gone. */
  const giveBack = async ({ ids, token }: Taken): Promise<void> => {
    const leases = { ids, tokens: ids.map(() => token) };
    const [delays, unstarted] = [ids.map(() => 0), ids.map(() => true)];
    await connection.ask({ kind: "release", queue, leases, delays, unstarted }, busySeconds);
  };

  const take = async <Asked extends ReceiveRequest | LeaseRequest>(
    request: Asked,
    signal?: AbortSignal,
  ): Promise<AnswerTo<Asked>> => {
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    if (closing.signal.aborted) throw closedError();
    const received = connection.ask(request, busySeconds, either).then(async (taken) => {
      if (!either.aborted) return taken;
      await giveBack(taken);
      throw signal?.aborted === true ? aborted(signal) : closedError();
    });
    try {
      return await track(received);
    } catch (error) {
      throw closing.signal.aborted && signal?.aborted !== true ? closedError() : error;
    }
  };

  /** All or none: what was leased before a request failed is given back. */
  const takeByIds = async (ids: readonly number[], leaseSeconds: number, signal?: AbortSignal) => {
    const leased: Taken[] = [];
    try {
      for (let rest = ids; rest.length > 0;) {
        const asked = rest.slice(0, largestChunk.items);
        const answer = await take({ kind: "lease", queue, ids: asked, leaseSeconds }, signal);
        leased.push(answer);
        rest = rest.slice(answer.tried);
      }
    } catch (error) {
      await Promise.allSettled(leased.map(giveBack));
      throw error;
    }
    return leased;
  };

  const self: Queue = {
    url,
    limits,
    reopensByUrl: true,

    async send(messages, { signal } = {}) {
      checkSignal(signal);
      const outcomes = Array.from<SendOutcome>({ length: messages.length });
      const accepted: { readonly place: number; readonly message: OutgoingMessage }[] = [];
      for (const [place, message] of messages.entries()) {
        const error = refusal(message, limits);
        if (error === undefined) accepted.push({ place, message });
        else outcomes[place] = { sent: false, error };
      }
      const results = await onEachChunk(
        chunksOf(accepted, ({ message }) => message.body.length),
        (chunk) => {
          const bodies = chunk.map(({ message }) => message.body);
          const delayed = chunk.some(({ message }) => (message.delaySeconds ?? 0) > 0);
          const delays = delayed ? { delays: chunk.map(({ message }) => message.delaySeconds ?? 0) } : {};
          const tallies = tallyChanges(chunk.map(({ message }) => message.counts));
          return ask({ kind: "send", queue, bodies, ...delays, tallies }, signal);
        },
      );
      for (const one of results) {
        for (const [index, { place }] of one.chunk.entries()) {
          outcomes[place] =
            "error" in one
              ? { sent: false, error: asSimpleTasksError(one.error, "io") }
              : { sent: true, id: String(one.result.firstId + index) };
        }
      }
      return outcomes;
    },

    async receive({ max, waitSeconds, leaseSeconds, signal }) {
      checkSignal(signal);
      checkReceive({ max, waitSeconds, leaseSeconds });
      const batch = Math.min(max, limits.receiveBatch);
      return messagesOf(
        await take({ kind: "receive", queue, max: batch, waitSeconds, leaseSeconds }, signal),
      );
    },

    async extend(receipts, leaseSeconds, { signal } = {}) {
      checkSignal(signal);
      checkLease(leaseSeconds);
      return closeLeases({
        url,
        items: receipts,
        receiptOf: (receipt) => receipt,
        work: (leases) => ask({ kind: "extend", queue, leases, leaseSeconds }, signal),
        held: ({ leaseEnd }) => ({ held: true, leaseEnd }),
      });
    },

    async release(releases, { signal } = {}) {
      checkSignal(signal);
      return closeLeases({
        url,
        items: releases,
        receiptOf: ({ receipt }) => receipt,
        refusalOf: ({ delaySeconds = 0 }) => delayRefusal(delaySeconds, limits),
        work: (leases, chunk) => {
          const delays = chunk.map(({ delaySeconds = 0 }) => delaySeconds);
          const unstarted = chunk.map(({ unstarted = false }) => unstarted);
          return ask({ kind: "release", queue, leases, delays, unstarted }, signal);
        },
      });
    },

    async delete(receipts, { signal } = {}) {
      checkSignal(signal);
      return closeLeases({
        url,
        items: receipts,
        receiptOf: (receipt) => receipt,
        work: (leases) => ask({ kind: "delete", queue, leases }, signal),
      });
    },

    async lease(ids, leaseSeconds, { signal } = {}) {
      checkSignal(signal);
      checkLease(leaseSeconds);
      const numbers = [...new Set(ids)].filter((id) => /^[1-9]\d{0,14}$/.test(id)).map(Number);
      const leased = await track(takeByIds(numbers, leaseSeconds, signal));
      return leased.flatMap(messagesOf);
    },

    async purge({ signal } = {}) {
      checkSignal(signal);
      let step = await ask<PurgeRequest>({ kind: "purge", queue }, signal);
      let { removed } = step;
      while (step.next !== undefined) {
        step = await ask<PurgeRequest>({ kind: "purge", queue, end: step.next }, signal);
        removed += step.removed;
      }
      return removed;
    },

    async expire(before, { signal } = {}) {
      checkSignal(signal);
      let removed = 0;
      for (let after: number | undefined = 0; after !== undefined;) {
        const step: AnswerTo<ExpireRequest> = await ask({ kind: "expire", queue, before, after }, signal);
        removed += step.removed;
        after = step.next;
      }
      return removed;
    },

    batches: {
      list: async ({ signal } = {}) => ask({ kind: "batches", queue }, signal),
      async count(changes, { signal } = {}) {
        const tallies = tallyChanges(changes);
        if (tallies.length > 0) await ask({ kind: "count", queue, tallies }, signal);
      },
    },

    stats: async ({ signal } = {}) => ask({ kind: "stats", queue }, signal),
    releaseAll: async ({ signal } = {}) => ask({ kind: "releaseAll", queue }, signal),

    async peek({ max, after, signal }) {
      const from = after === undefined ? 0 : Number(after);
      if (!Number.isSafeInteger(from))
        throw new SimpleTasksError("usage", `"${after}" is no message id of ${url}.`);
      return ask({ kind: "peek", queue, max: Math.min(max, limits.receiveBatch), after: from }, signal);
    },

    transaction: createTransaction({ file, queue, url, ask }),

    /** Ends waiting receives with `closed`, and lets everything else that was asked come to its end. */
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.allSettled(inFlight);
      await connection.leave();
    },
  };
  registerPlace(self, { file, queue });
  return self;
}

function messagesOf({ ids, bodies, deliveries, sentAt, token, leaseEnd }: Taken): readonly Message[] {
  return ids.map((id, index) => ({
    id: String(id),
    body: bodies[index] ?? "",
    receipt: receiptOf(id, token),
    deliveries: deliveries[index] ?? 1,
    leaseEnd,
    sentAt: sentAt[index] ?? 0,
  }));
}
