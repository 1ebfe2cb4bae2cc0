import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import type { Reply, Request } from "../../../../shared/queue/sqlite/requests.ts";
import { createRounds, type Rounds } from "../../../../shared/queue/sqlite/rounds.ts";
import { createStore, type Store } from "../../../../shared/queue/sqlite/store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const file = path.join(temporaryDirectory(), "rounds.db");
const realStore = createStore(openFile({ file, busySeconds: 10 }));
afterAll(() => realStore[Symbol.dispose]());

/** What happened, in order: transactions with their durability, rings of the bell, replies by request id. */
let events: string[];
let replies: Reply[];
let rounds: Rounds;
let queue: string;
let queues = 0;

beforeEach(() => {
  events = [];
  replies = [];
  queue = `queue ${queues++}`;
  const store: Store = {
    ...realStore,
    begin(durable) {
      events.push(durable ? "begin durable" : "begin");
      return realStore.begin(durable);
    },
    commit() {
      realStore.commit();
      events.push("commit");
    },
  };
  rounds = createRounds({
    file,
    store,
    lock: { acquire: (tryBegin) => tryBegin() },
    shrinker: { disturb: () => undefined, step: () => Infinity, finish: () => undefined },
    takeIn: () => undefined,
    reply: (some) => {
      replies.push(...some);
      events.push(`reply ${some.map(({ id }) => id).join(" ")}`);
    },
    ringBell: () => void events.push("ring"),
    listen: () => void events.push("listen"),
  });
});

const send = (messages: number): Request => ({
  kind: "send",
  queue,
  bodies: Array.from({ length: messages }, () => "x"),
  tallies: [],
});
const receive = (waitSeconds: number): Request => ({
  kind: "receive",
  queue,
  max: 1,
  waitSeconds,
  leaseSeconds: 60,
});
const accept = (id: number, request: Request): void => rounds.accept(id, request, 30);

test("what was asked together is one transaction, acknowledged after its commit", () => {
  for (let id = 1; id <= 50; id++) accept(id, send(1));
  expect(rounds.run()).toBe(Infinity);
  expect(events).toEqual([
    "begin durable",
    "commit",
    "ring",
    `reply ${Array.from({ length: 50 }, (_, index) => index + 1).join(" ")}`,
  ]);
});

test("bulk sends are cut into bounded transactions, and a renewal that comes after them goes before those that wait", () => {
  for (let id = 1; id <= 12; id++) accept(id, send(1000));
  accept(13, { kind: "extend", queue, leases: { ids: [1], tokens: [1] }, leaseSeconds: 60 });
  expect(rounds.run()).toBe(0);
  accept(14, { kind: "delete", queue, leases: { ids: [1], tokens: [1] } });
  expect(rounds.run()).toBe(0);
  expect(rounds.run()).toBe(Infinity);
  expect(events.filter((event) => event.startsWith("reply"))).toEqual([
    "reply 13 1 2 3 4 5",
    "reply 14 6 7 8 9 10",
    "reply 11 12",
  ]);
});

test("only what must outlive the machine waits for the disk", () => {
  accept(1, send(1));
  rounds.run();
  accept(2, receive(0));
  rounds.run();
  const [, reply] = replies;
  const taken = reply !== undefined && "answer" in reply ? reply.answer : undefined;
  if (typeof taken !== "object" || !("token" in taken)) throw new Error("The receive gave no messages.");
  const { ids, token } = taken;
  expect(ids).toHaveLength(1);
  const leases = { ids, tokens: [token] };
  accept(3, { kind: "extend", queue, leases, leaseSeconds: 90 });
  rounds.run();
  accept(4, { kind: "delete", queue, leases });
  rounds.run();
  expect(events.filter((event) => event.startsWith("begin"))).toEqual([
    "begin durable",
    "begin",
    "begin",
    "begin durable",
  ]);
});

test("waiting receivers are served in their order, in the transaction that sends, and listen before they look", () => {
  accept(1, receive(60));
  accept(2, receive(60));
  accept(3, receive(60));
  expect(rounds.run()).toBeGreaterThan(0);
  accept(4, send(2));
  rounds.run();
  expect(events).toEqual(["listen", "listen", "listen", "begin durable", "commit", "ring", "reply 4 1 2"]);
});

test("a receive that waits makes no transaction, and sleeps until a message becomes visible by itself", () => {
  accept(1, { kind: "send", queue, bodies: ["later"], delays: [30], tallies: [] });
  rounds.run();
  events.length = 0;
  accept(2, receive(60));
  const sleep = rounds.run();
  expect(sleep).toBeGreaterThan(29_000);
  expect(sleep).toBeLessThanOrEqual(30_000);
  expect(events).toEqual(["listen"]);
});

test("a cancelled request is answered with aborted and leaves nothing; one carried out already is answered once", () => {
  accept(1, send(1));
  accept(2, receive(60));
  rounds.cancel(1);
  rounds.cancel(2);
  rounds.run();
  accept(3, { kind: "stats", queue });
  rounds.run();
  rounds.cancel(3);
  rounds.run();
  expect(replies.map((reply) => ("error" in reply ? reply.error.code : reply.answer))).toEqual([
    "aborted",
    "aborted",
    { visible: 0, leased: 0, delayed: 0 },
  ]);
});
