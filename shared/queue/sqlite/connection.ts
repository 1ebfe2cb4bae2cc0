import { Worker } from "node:worker_threads";
import { SimpleTasksError } from "../../errors.ts";
import { programUrl } from "../../program.ts";
import { TransientMap } from "../../transient-map.ts";
import {
  type Answer,
  type AnswerTo,
  type FromThread,
  fromErrorText,
  type Reply,
  type Request,
  type ToThread,
} from "./requests.ts";
import type { ThreadData } from "./thread.ts";

/** This process's way to one file: its thread, shared by all its queues. */
export interface Connection {
  /**
   * Asks the thread. Fails with `aborted` only when nothing was done; a signal that comes too late changes nothing.
   * @throws what the thread answers; `closed` when the thread has ended.
   */
  ask<Asked extends Request>(
    request: Asked,
    busySeconds: number,
    signal?: AbortSignal,
  ): Promise<AnswerTo<Asked>>;
  /** One user less; the last one's leaving ends the thread. Resolves when its handles are closed. */
  leave(): Promise<void>;
}

interface Shared {
  users: number;
  readonly thread: Thread;
}

const threads = new Map<string, Shared>();

/**
 * Joins, or starts, the thread of a file.
 *
 * @param file absolute and resolved: the same text for the same file
 * @throws `queue_damaged`, `queue_busy`, `io`
 */
export async function connect(data: ThreadData): Promise<Connection> {
  let shared = threads.get(data.file);
  if (shared === undefined || shared.thread.ended) {
    shared = { users: 0, thread: startThread(data) };
    threads.set(data.file, shared);
  }
  const joined = shared;
  joined.users += 1;
  let left: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    joined.users -= 1;
    if (joined.users > 0) return;
    if (threads.get(data.file) === joined) threads.delete(data.file);
    await joined.thread.close();
  };
  try {
    await joined.thread.opened;
  } catch (error) {
    await leave();
    throw error;
  }
  return { ask: joined.thread.ask, leave: () => (left ??= leave()) };
}

interface Thread {
  readonly opened: Promise<void>;
  readonly ended: boolean;
  readonly ask: Connection["ask"];
  close(): Promise<void>;
}

interface Asking {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

function startThread(data: ThreadData): Thread {
  const worker = new Worker(programUrl(import.meta.url, "./thread.ts", "./sqlite-thread.mjs"), {
    workerData: data,
    name: "queue",
    execArgv: [],
  });
  const post = (message: ToThread): void => worker.postMessage(message);
  const asking = new TransientMap<number, Asking>();
  const opening = Promise.withResolvers<void>();
  const exit = Promise.withResolvers<void>();
  let lastId = 0;
  let failure: SimpleTasksError | undefined;
  let ended = false;

  /** The thread keeps the process alive only while an answer is awaited. */
  const hold = (): void => (asking.size > 0 ? worker.ref() : worker.unref());

  const settle = (reply: Reply): void => {
    const one = asking.get(reply.id);
    asking.delete(reply.id);
    if ("error" in reply) one?.reject(fromErrorText(reply.error));
    else one?.resolve(reply.answer);
  };

  worker.on("message", (message: FromThread) => {
    if ("replies" in message) {
      message.replies.forEach(settle);
      hold();
    } else if ("failed" in message) {
      opening.reject(fromErrorText(message.failed));
    } else {
      hold();
      opening.resolve();
    }
  });
  worker.on("error", (cause) => {
    failure = new SimpleTasksError("internal", `The thread of the queue file ${data.file} failed.`, {
      cause,
    });
  });
  worker.on("exit", () => {
    ended = true;
    const error = failure ?? new SimpleTasksError("closed", `The queue file ${data.file} was closed.`);
    opening.reject(error);
    for (const one of asking.values()) one.reject(error);
    asking.clear();
    exit.resolve();
  });
  // Whoever joined awaits it; without one a failure is no unhandled rejection.
  opening.promise.catch(() => undefined);

  return {
    opened: opening.promise,
    get ended() {
      return ended;
    },
    async ask<Asked extends Request>(request: Asked, busySeconds: number, signal?: AbortSignal) {
      if (signal?.aborted === true) throw abortedError(signal);
      if (ended) throw failure ?? new SimpleTasksError("closed", `The queue file ${data.file} was closed.`);
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const cancel = (): void => post({ cancel: id });
      signal?.addEventListener("abort", cancel, { once: true });
      asking.set(id, { resolve, reject });
      if (asking.size === 1) hold();
      post({ id, request, busySeconds });
      try {
        // The thread answers each kind of request with that kind's answer.
        return (await promise) as AnswerTo<Asked>;
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    },
    async close() {
      worker.ref();
      if (!ended) post({ close: true });
      await exit.promise;
    },
  };
}

function abortedError(signal: AbortSignal): SimpleTasksError {
  return new SimpleTasksError("aborted", "The call was aborted before it was carried out.", {
    cause: signal.reason,
  });
}
