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
import { createTurns } from "./turns.ts";
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
  const turns = createTurns(() => rounds.run());

  port.on("message", (message: ToThread) => {
    take(message);
    turns.soon();
  });
  post({ opened: true });

  function onRing(): void {
    rounds.ring();
    turns.soon();
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

  function close(): void {
    turns[Symbol.dispose]();
    port.close();
    bell[Symbol.dispose]();
    shrinker.finish();
    store[Symbol.dispose]();
  }
}

if (parentPort === null)
  throw new SimpleTasksError("internal", "The queue thread was started as a program of its own.");
serve(parentPort, workerData as ThreadData);
