import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { SimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { programUrl } from "../program.ts";
import type { Message, Queue } from "../queue/queue.ts";
import type { LeaseThreadOrder, LeaseThreadReport, LeaseThreadStart } from "./lease-messages.ts";
import { createRenewals, type HeldLease } from "./renewals.ts";

/** The heartbeat: renews the lease of every message in hand until it is dropped. */
export interface LeaseKeeper extends AsyncDisposable {
  hold(messages: readonly Message[]): void;
  drop(receipts: readonly string[]): void;
  /** Whether the lease surely still holds, by this machine's clock. */
  holds(receipt: string): boolean;
}

export interface LeaseKeeperOptions {
  readonly queue: Queue;
  readonly leaseSeconds: number;
  readonly log: Logger;
  /** Called once for each lease that ended before it was dropped. */
  onLost(receipt: string): void;
  /** Nothing renews leases any more; those that were held have been told as lost. */
  onDied(error: Error): void;
}

/**
 * Keeps leases in a thread of its own where the queue can be opened again there, so that no task can block the
 * heartbeat; otherwise (queues that live in this process, or were made by the caller) on this event loop.
 */
export async function openLeaseKeeper(options: LeaseKeeperOptions): Promise<LeaseKeeper> {
  const ends = new Map<string, number>();
  const engine = await (options.queue.reopensByUrl ? inThread : onThisEventLoop)(options, {
    onRenewed(leases) {
      for (const [receipt, leaseEnd] of leases) if (ends.has(receipt)) ends.set(receipt, leaseEnd);
    },
    onLost(receipts) {
      for (const receipt of receipts) if (ends.delete(receipt)) options.onLost(receipt);
    },
    onDied(error) {
      for (const receipt of ends.keys()) options.onLost(receipt);
      ends.clear();
      options.onDied(error);
    },
    onTrouble(message) {
      options.log.log("warn", "leases could not be renewed, trying again", {
        queue: options.queue.url,
        error: message,
      });
    },
  });
  return {
    hold(messages) {
      for (const { receipt, leaseEnd } of messages) ends.set(receipt, leaseEnd);
      engine.hold(messages.map(({ receipt, leaseEnd }): HeldLease => [receipt, leaseEnd]));
    },
    drop(receipts) {
      for (const receipt of receipts) ends.delete(receipt);
      engine.drop(receipts);
    },
    holds(receipt) {
      const held = (): boolean => (ends.get(receipt) ?? 0) > Date.now();
      if (held()) return true;
      // A task may have kept this event loop from reading what the heartbeat did meanwhile.
      engine.catchUp();
      return held();
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

interface Engine {
  hold(leases: readonly HeldLease[]): void;
  drop(receipts: readonly string[]): void;
  /** Takes in every renewal and loss that has happened. */
  catchUp(): void;
  close(): Promise<void>;
}

interface EngineEvents {
  onRenewed(leases: readonly HeldLease[]): void;
  onLost(receipts: readonly string[]): void;
  onTrouble(message: string): void;
  onDied(error: Error): void;
}

async function onThisEventLoop(
  { queue, leaseSeconds }: LeaseKeeperOptions,
  events: EngineEvents,
): Promise<Engine> {
  const renewals = createRenewals({ queue, leaseSeconds, ...events });
  const timer = setInterval(() => void renewals.renewDue(), renewals.intervalMilliseconds);
  return {
    hold: renewals.hold,
    drop: renewals.drop,
    catchUp() {},
    async close() {
      clearInterval(timer);
    },
  };
}

async function inThread({ queue, leaseSeconds }: LeaseKeeperOptions, events: EngineEvents): Promise<Engine> {
  const { port1: port, port2: threadPort } = new MessageChannel();
  const start: LeaseThreadStart = {
    queueUrl: queue.url,
    baseDirectory: process.cwd(),
    leaseSeconds,
    port: threadPort,
  };
  const thread = new Worker(programUrl(import.meta.url, "./lease-thread.ts", "./lease-thread.mjs"), {
    workerData: start,
    name: "leases",
    transferList: [threadPort],
  });
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  let closing = false;
  const ready = Promise.withResolvers<void>();
  const order = (message: LeaseThreadOrder): void => port.postMessage(message);

  function take(report: LeaseThreadReport): void {
    if (report.kind === "ready") ready.resolve();
    else if (report.kind === "renewed") events.onRenewed(report.leases);
    else if (report.kind === "lost") events.onLost(report.receipts);
    else if (report.kind === "trouble") events.onTrouble(report.message);
    else
      ready.reject(
        new SimpleTasksError("io", `The leases of ${queue.url} cannot be kept: ${report.message}`),
      );
  }

  port.on("message", take);
  let trouble: unknown;
  thread.on("error", (error) => {
    trouble = error;
  });
  void ended.then(() => {
    const error = new SimpleTasksError(
      "internal",
      `The thread that keeps the leases of ${queue.url} ended.`,
      { cause: trouble },
    );
    ready.reject(error);
    if (!closing) events.onDied(error);
  });
  await ready.promise;
  return {
    hold: (leases) => order({ kind: "hold", leases }),
    drop: (receipts) => order({ kind: "drop", receipts }),
    catchUp() {
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        take(next.message as LeaseThreadReport);
      }
    },
    async close() {
      closing = true;
      order({ kind: "close" });
      await ended;
      port.close();
    },
  };
}
