import { expectEqual, expectRejection } from "../../expectations.ts";
import { longLease, type QueueRow } from "./row.ts";
import {
  expectHeld,
  expectNothing,
  expectStats,
  receiveCount,
  receiveOne,
  sendAll,
  untilAfter,
} from "./steps.ts";

/** Of queues that lease messages by their ids, or forget old ones when told to. */
export const idRows: readonly QueueRow[] = [
  {
    name: "leases, where it can, messages by their ids, whatever stands before them",
    async run(context) {
      const { queue } = context;
      if (queue.lease === undefined) return;
      const ids = await sendAll(queue, ["a", "b", "c", "d", "e"]);
      const [, b = "", , d = ""] = ids;
      const leased = await queue.lease([d, b, d], longLease);
      expectEqual(
        "What was leased",
        leased.map(({ id, body }) => `${id} ${body}`).sort(),
        [`${b} b`, `${d} d`].sort(),
      );
      expectEqual(
        "Their deliveries",
        leased.map(({ deliveries }) => deliveries),
        [1, 1],
      );
      await expectStats(queue, 3, 2, 0);
      const others = await receiveCount(context, 3);
      expectEqual("What is left to receive, in its order", others.map(({ body }) => body).join(), "a,c,e");
      await expectNothing("What is left then", queue);
      const receipts = leased.map(({ receipt }) => receipt);
      expectHeld("Deleting what was leased by id", await queue.delete(receipts), [true, true]);
      await expectStats(queue, 0, 3, 0);
    },
  },
  {
    name: "leases by id only what is visible, and counts its deliveries on",
    async run(context) {
      const { queue, shortLease } = context;
      if (queue.lease === undefined) return;
      await sendAll(queue, ["a", "b"]);
      const [delayed = ""] = await sendAll(queue, ["later"], 300);
      const lapsing = await receiveOne(context, shortLease);
      const held = await receiveOne(context);
      const ids = [lapsing.id, held.id, delayed, "0", "-1", "1e0", "no id", ""];
      await untilAfter(lapsing.leaseEnd);
      const [again, ...more] = await queue.lease(ids, longLease);
      expectEqual("How many more than the lapsed one were leased", more.length, 0);
      expectEqual("What was leased", again?.body, lapsing.body);
      expectEqual("How often it was delivered", again?.deliveries, 2);
      expectHeld("Deleting under the lapsed lease", await queue.delete([lapsing.receipt]), [false]);
      await queue.release([{ receipt: again?.receipt ?? "", unstarted: true }]);
      const [third] = await queue.lease([lapsing.id], longLease);
      const deliveries = queue.limits.takesBackDeliveries ? 2 : 3;
      expectEqual("How often it was delivered after it was given back", third?.deliveries, deliveries);
      expectHeld("Deleting", await queue.delete([third?.receipt ?? ""]), [true]);
      expectEqual("Leasing a message that is gone", await queue.lease([lapsing.id], longLease), []);
      await expectRejection("A lease of no length", "usage", queue.lease([held.id], 0));
    },
  },
  {
    name: "gives back, where it leases by id, messages that come before those sent after them",
    async run(context) {
      const { queue, shortLease } = context;
      if (queue.lease === undefined) return;
      const [, b = ""] = await sendAll(queue, ["a", "b", "c"]);
      const [lapsing] = await queue.lease([b], shortLease);
      await untilAfter(lapsing?.leaseEnd ?? 0);
      const received = await receiveCount(context, 3);
      expectEqual(
        "Bodies and deliveries",
        received.map(({ body, deliveries }) => `${body} ${deliveries}`).sort(),
        ["a 1", "b 2", "c 1"],
      );
    },
  },
  {
    name: "forgets, where it can, visible messages that were sent before a moment",
    async run(context) {
      const { queue, shortLease } = context;
      if (queue.expire === undefined) return;
      await sendAll(queue, ["held", "lapsing", "old", "old"]);
      await sendAll(queue, ["later"], 300);
      const held = await receiveOne(context);
      const lapsing = await receiveOne(context, shortLease);
      await untilAfter(lapsing.leaseEnd);
      const moment = Date.now();
      await untilAfter(moment);
      await sendAll(queue, ["young", "young"]);
      expectEqual("How many were sent before the first", await queue.expire(moment - 3_600_000), 0);
      expectEqual("How many went", await queue.expire(moment + 1), 3);
      await expectStats(queue, 2, 1, 1);
      expectEqual("How many went the second time", await queue.expire(moment + 1), 0);
      expectHeld("Deleting what was leased all the while", await queue.delete([held.receipt]), [true]);
      const left = await receiveCount(context, 2);
      expectEqual("What is left", left.map(({ body }) => body).join(), "young,young");
    },
  },
];
