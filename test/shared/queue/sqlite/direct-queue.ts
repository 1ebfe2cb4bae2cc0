import { createClient } from "../../../../shared/queue/sqlite/client.ts";
import { carryOut, readOut } from "../../../../shared/queue/sqlite/carry-out.ts";
import type { Connection } from "../../../../shared/queue/sqlite/connection.ts";
import type { Answer, AnswerTo, Request } from "../../../../shared/queue/sqlite/requests.ts";
import type { Store } from "../../../../shared/queue/sqlite/store.ts";
import type { Queue } from "../../../../shared/queue/queue.ts";

/** A queue in a store of this thread: everything of the SQLite queue but its rounds, under the store's clock. */
export function directQueue(store: Store, queue: string): Queue {
  const connection: Connection = {
    async ask<Asked extends Request>(request: Asked) {
      // Each kind of request is answered with that kind's answer.
      return answer(store, request) as AnswerTo<Asked>;
    },
    leave: async () => undefined,
  };
  return createClient({ connection, file: "/direct.db", queue, url: "sqlite:///direct.db", busySeconds: 1 });
}

function answer(store: Store, request: Request): Answer {
  if (request.kind === "stats" || request.kind === "peek" || request.kind === "batches") {
    return readOut(store, request);
  }
  if (!store.begin(false)) throw new Error("Somebody else is in a transaction.");
  const answered =
    request.kind === "receive"
      ? store.queue(request.queue).receive(request.max, request.leaseSeconds)
      : carryOut(store, request).answer;
  store.commit();
  return answered;
}
