import path from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createMemoryStore } from "../../../../shared/queue/memory-store.ts";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import { createStore } from "../../../../shared/queue/sqlite/store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

// The SQLite queue does what the memory queue does: random operations run on both, under one clock.

const directory = temporaryDirectory();
let time = 0;
let tokens = 0;
const database = openFile({ file: path.join(directory, "queue.db"), busySeconds: 10 });
const store = createStore(database, { now: () => time, randomToken: () => ++tokens });
afterAll(() => store[Symbol.dispose]());

/** Which of the leases given so far an operation is about, by places counted from the newest. */
const leasesArbitrary = fc.array(fc.nat(6), { minLength: 1, maxLength: 8 });
const secondsArbitrary = fc.constantFrom(0, 1, 2, 5);
const operationArbitrary = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    delays: fc.array(fc.constantFrom(0, 0, 0, 1, 3), { maxLength: 6 }),
  }),
  fc.record({
    kind: fc.constant("receive" as const),
    max: fc.integer({ min: 1, max: 5 }),
    leaseSeconds: fc.constantFrom(1, 2, 5),
  }),
  fc.record({
    kind: fc.constant("lease" as const),
    ids: fc.array(fc.nat(20), { maxLength: 4 }),
    leaseSeconds: fc.constantFrom(1, 4),
  }),
  fc.record({ kind: fc.constant("expire" as const), seconds: secondsArbitrary }),
  fc.record({
    kind: fc.constant("extend" as const),
    leases: leasesArbitrary,
    leaseSeconds: fc.constantFrom(1, 4),
  }),
  fc.record({
    kind: fc.constant("release" as const),
    leases: leasesArbitrary,
    delay: secondsArbitrary,
    unstarted: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("delete" as const), leases: leasesArbitrary }),
  fc.record({ kind: fc.constant("advance" as const), seconds: fc.constantFrom(0.5, 1, 2, 5) }),
  fc.record({ kind: fc.constant("rollback" as const) }),
  fc.record({ kind: fc.constantFrom("purge" as const, "releaseAll" as const) }),
);

test("random operations give the same results, counts and contents as on the memory queue", () => {
  let queues = 0;
  fc.assert(
    fc.property(fc.array(operationArbitrary, { maxLength: 60, size: "max" }), (operations) => {
      // What a failed run left open must not fail the runs that shrink it.
      if (database.isTransaction) store.rollback();
      time = 1_000_000;
      const name = `queue ${queues++}`;
      const model = createMemoryStore();
      /** Leases of both, newest first. */
      const leases: { readonly id: number; readonly token: number; readonly receipt: string }[] = [];

      for (const operation of operations) {
        if (operation.kind === "advance") {
          time += operation.seconds * 1000;
          continue;
        }
        expect(store.begin(false)).toBe(true);
        const table = store.queue(name);
        const chosen = ("leases" in operation ? operation.leases : []).flatMap(
          (place) => leases[place] ?? [],
        );
        const named = { ids: chosen.map(({ id }) => id), tokens: chosen.map(({ token }) => token) };
        /** The places of the leases that the model takes for lost, closing those that it does not. */
        const lostInModel = (
          close: (message: ReturnType<typeof model.held> & object) => void,
        ): readonly number[] =>
          chosen.flatMap(({ receipt }, place) => {
            const message = model.held(receipt, time);
            if (message !== undefined) close(message);
            return message === undefined ? [place] : [];
          });

        switch (operation.kind) {
          case "send": {
            const bodies = operation.delays.map((_, index) => `body ${index}`);
            const first = table.send(bodies, operation.delays);
            const stored = bodies.map((body, index) => model.send(body, operation.delays[index] ?? 0, time));
            if (stored[0] !== undefined) expect(first).toBe(stored[0].id);
            break;
          }
          case "receive": {
            const taken = table.receive(operation.max, operation.leaseSeconds);
            const expected = model.lease(operation.max, operation.leaseSeconds, time);
            expect(taken.ids).toEqual(expected.map(({ id }) => id));
            expect(taken.bodies).toEqual(expected.map(({ body }) => body));
            expect(taken.deliveries).toEqual(expected.map(({ deliveries }) => deliveries));
            expect(taken.sentAt).toEqual(expected.map(({ sentAt }) => sentAt));
            leases.unshift(...expected.map(({ id, receipt = "" }) => ({ id, token: taken.token, receipt })));
            break;
          }
          case "lease": {
            const taken = table.lease(operation.ids, operation.leaseSeconds);
            const expected = model.leaseIds(operation.ids, operation.leaseSeconds, time);
            expect(taken.tried).toBe(operation.ids.length);
            expect(taken.ids).toEqual(expected.map(({ id }) => id));
            expect(taken.bodies).toEqual(expected.map(({ body }) => body));
            expect(taken.deliveries).toEqual(expected.map(({ deliveries }) => deliveries));
            leases.unshift(...expected.map(({ id, receipt = "" }) => ({ id, token: taken.token, receipt })));
            break;
          }
          case "expire": {
            const before = time - operation.seconds * 1000;
            expect(table.expire(before, 0)).toEqual({ removed: model.expire(before, time) });
            break;
          }
          case "extend": {
            const { lost } = table.extend(named, operation.leaseSeconds);
            const expected = lostInModel((message) => model.extend(message, operation.leaseSeconds, time));
            expect(lost.toSorted()).toEqual(expected.toSorted());
            break;
          }
          case "release": {
            const { delay, unstarted } = operation;
            const { lost } = table.release(
              named,
              chosen.map(() => delay),
              chosen.map(() => unstarted),
            );
            const expected = lostInModel((message) => model.release(message, delay, unstarted, time));
            expect(lost.toSorted()).toEqual(expected.toSorted());
            break;
          }
          case "delete": {
            const { lost } = table.delete(named);
            expect(lost.toSorted()).toEqual(lostInModel(model.delete).toSorted());
            break;
          }
          case "purge":
            expect(table.purge()).toEqual({ removed: model.purge() });
            break;
          case "releaseAll":
            expect(table.releaseAll()).toBe(model.releaseAll(time));
            break;
          case "rollback":
            table.send(["never", "never"], [0, 1]);
            table.receive(3, 5);
            break;
        }
        if (operation.kind === "rollback") store.rollback();
        else store.commit();

        const reader = store.existing(name);
        const stats = model.stats(time);
        if (reader === undefined) continue;
        expect(reader.stats()).toEqual(stats);
        expect(reader.peek(1000, 0)).toEqual(model.peek(1000, 0, time));
        expect(reader.look().visible).toBe(stats.visible > 0);
        if (stats.visible === 0) expect(reader.look().next ?? Infinity).toBe(model.next(time));
      }
    }),
    { numRuns: 150 },
  );
});
