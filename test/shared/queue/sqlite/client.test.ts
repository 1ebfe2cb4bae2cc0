import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { SimpleTasksError } from "../../../../shared/errors.ts";
import { createClient } from "../../../../shared/queue/sqlite/client.ts";
import type { Connection } from "../../../../shared/queue/sqlite/connection.ts";
import type { Answer, AnswerTo, Request } from "../../../../shared/queue/sqlite/requests.ts";

/** A queue whose thread is `answer`; everything that it is asked is kept in `asked`. */
function clientOf(answer: (request: Request) => Answer | Promise<Answer>) {
  const asked: Request[] = [];
  const connection: Connection = {
    async ask<Asked extends Request>(request: Asked) {
      asked.push(request);
      return (await answer(request)) as AnswerTo<Asked>;
    },
    leave: async () => undefined,
  };
  return {
    asked,
    queue: createClient({ connection, file: "/q.db", queue: "q", url: "sqlite:///q.db", busySeconds: 1 }),
  };
}

const taken = { ids: [4, 5], bodies: ["a", "b"], deliveries: [1, 1], sentAt: [1, 1], token: 9, leaseEnd: 2 };

test("messages that were leased when the abort came are given back unstarted before the call ends", async () => {
  const abort = new AbortController();
  const { asked, queue } = clientOf((request) => {
    if (request.kind !== "receive") return { lost: [] };
    abort.abort();
    return taken;
  });
  const receiving = queue.receive({ max: 2, waitSeconds: 1, leaseSeconds: 60, signal: abort.signal });
  await expect(receiving).rejects.toMatchObject({ code: "aborted" });
  const leases = { ids: [4, 5], tokens: [9, 9] };
  expect(asked[1]).toEqual({ kind: "release", queue: "q", leases, delays: [0, 0], unstarted: [true, true] });
});

test("messages that were leased when the queue was closed are given back before it is", async () => {
  const arrival = Promise.withResolvers<Answer>();
  const { asked, queue } = clientOf((request) =>
    request.kind === "receive" ? arrival.promise : { lost: [] },
  );
  const receiving = queue.receive({ max: 2, waitSeconds: 1, leaseSeconds: 60 });
  const ended = expect(receiving).rejects.toMatchObject({ code: "closed" });
  const closing = queue[Symbol.asyncDispose]();
  arrival.resolve(taken);
  await closing;
  expect(asked.map(({ kind }) => kind)).toEqual(["receive", "release"]);
  await ended;
});

test("a long send tells which messages went and which did not; one that sent nothing throws", async () => {
  const full = new SimpleTasksError("storage_full", "no room");
  const partly = clientOf((request) => {
    if (request.kind !== "send" || request.bodies[0] !== "0") throw full;
    return { firstId: 1 };
  });
  const messages = Array.from({ length: 2500 }, (_, index) => ({ body: String(index) }));
  const outcomes = await partly.queue.send(messages);
  expect(outcomes.findIndex(({ sent }) => !sent)).toBe(1000);
  expect(outcomes.slice(0, 1000).every(({ sent }) => sent)).toBe(true);
  expect(outcomes.slice(1000).every((outcome) => !outcome.sent && outcome.error === full)).toBe(true);

  const nothing = clientOf(() => {
    throw full;
  });
  await expect(nothing.queue.send(messages)).rejects.toBe(full);
});

test("leases by id go in bounded requests, each from where the one before stopped", async () => {
  const { asked, queue } = clientOf((request) => {
    if (request.kind !== "lease") return { lost: [] };
    // The second answer is full after one message.
    const tried = asked.length === 2 ? 1 : request.ids.length;
    return { ...taken, ids: request.ids.slice(0, 1), tried };
  });
  const ids = Array.from({ length: 2500 }, (_, index) => String(index + 1));
  const messages = await queue.lease?.([...ids, "1", "no id", "01"], 60);
  expect(messages?.map(({ id }) => id)).toEqual(["1", "1001", "1002", "2002"]);
  expect(asked.map((request) => ("ids" in request ? request.ids.length : 0))).toEqual([
    1000, 1000, 1000, 499,
  ]);
});

test("what was leased by id is given back when the rest cannot be leased", async () => {
  const busy = new SimpleTasksError("queue_busy", "busy", { retryable: true });
  const { asked, queue } = clientOf((request) => {
    if (request.kind !== "lease") return { lost: [] };
    if (asked.length === 2) throw busy;
    return { ...taken, tried: 1 };
  });
  await expect(queue.lease?.(["4", "5"], 60)).rejects.toBe(busy);
  expect(asked[2]).toMatchObject({ kind: "release", leases: { ids: [4, 5], tokens: [9, 9] } });
});

test("what was leased by id is given back before the queue is closed", async () => {
  const second = Promise.withResolvers<Answer>();
  const givenBack = Promise.withResolvers<Answer>();
  let leases = 0;
  let closed = false;
  const { queue } = clientOf((request) => {
    if (request.kind !== "lease") return givenBack.promise;
    leases += 1;
    return leases === 1 ? { ...taken, tried: 1 } : second.promise;
  });
  const leasing = expect(queue.lease?.(["4", "5"], 60)).rejects.toMatchObject({ code: "closed" });
  await vi.waitUntil(() => leases === 2);
  const closing = queue[Symbol.asyncDispose]().then(() => (closed = true));
  second.reject(new SimpleTasksError("aborted", "cancelled"));
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  expect(closed).toBe(false);
  givenBack.resolve({ lost: [] });
  await Promise.all([leasing, closing]);
});
