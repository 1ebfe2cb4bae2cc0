import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { SimpleTasksError } from "../../errors.ts";
import { createBell } from "./bell.ts";
import { sqliteError } from "./errors.ts";
import { openFile } from "./file.ts";
import { createLine } from "./line.ts";
import { type FromThread, toErrorText, type ToThread } from "./requests.ts";
import { createRounds } from "./rounds.ts";
import { createShrinker } from "./shrinker.ts";
import { createStore } from "./store.ts";
import { createWriteLock } from "./write-lock.ts";

/** What `connection.ts` hands to the thread. */
export interface ThreadData {
  /** Absolute path of the queue file. */
  readonly file: string;
  readonly busySeconds: number;
}

/** All SQLite work of this process for one file happens in this thread, so that the main event loop never waits for a disk. */
function serve(port: MessagePort, { file, busySeconds }: ThreadData): void {
  const post = (message: FromThread): void => port.postMessage(message);

  let database: DatabaseSync;
  try {
    database = openFile({ file, busySeconds });
  } catch (error) {
    post({ failed: toErrorText(sqliteError(error, file)) });
    return;
  }
  const store = createStore(database);
  const bell = createBell({ file: `${file}-bell`, onRing });
  const lock = createWriteLock(createLine(`${file}-line`));
  const shrinker = createShrinker({ store, lock });
  const rounds = createRounds({
    file,
    store,
    lock,
    shrinker,
    takeIn,
    reply: (replies) => post({ replies }),
    ringBell: () => bell.ring(),
    listen: () => bell.listen(),
  });

  let scheduled: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  port.on("message", (message: ToThread) => {
    take(message);
    schedule();
  });
  post({ opened: true });

  function onRing(): void {
    rounds.ring();
    schedule();
  }

  function take(message: ToThread): void {
    if ("request" in message) rounds.accept(message.id, message.request, message.busySeconds);
    else if ("cancel" in message) rounds.cancel(message.cancel);
    else close();
  }

  function takeIn(): void {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      take(next.message);
  }

  /** Never after `close`: a timer would keep the thread, and with it the program, waiting for nothing. */
  function schedule(): void {
    if (closed) return;
    scheduled ??= setImmediate(run);
  }

  function run(): void {
    scheduled = undefined;
    clearTimeout(timer);
    const delay = rounds.run();
    if (closed) return;
    if (delay === 0) schedule();
    // A lease or delay may lie further ahead than a timer reaches; then it is looked at once more on the way.
    else if (delay < Infinity) timer = setTimeout(run, Math.min(Math.ceil(delay), 2 ** 31 - 1));
  }

  function close(): void {
    closed = true;
    clearImmediate(scheduled);
    clearTimeout(timer);
    port.close();
    bell[Symbol.dispose]();
    shrinker.finish();
    store[Symbol.dispose]();
  }
}

if (parentPort === null)
  throw new SimpleTasksError("internal", "The queue thread was started as a program of its own.");
serve(parentPort, workerData as ThreadData);
