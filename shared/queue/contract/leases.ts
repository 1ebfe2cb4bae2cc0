import { expectCode, expectEqual, expectTrue } from "../../expectations.ts";
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

export const leaseRows: readonly QueueRow[] = [
  {
    name: "hides a leased message from others, and removes it for good when it is deleted",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["a"]);
      const message = await receiveOne(context);
      await expectNothing("What others get meanwhile", queue);
      await expectStats(queue, 0, 1, 0);
      expectHeld("A delete", await queue.delete([message.receipt]), [true]);
      await expectStats(queue, 0, 0, 0);
      expectHeld("A second delete", await queue.delete([message.receipt]), [false]);
      expectHeld("Extending after the delete", await queue.extend([message.receipt], 10), [false]);
      expectHeld("Releasing after the delete", await queue.release([{ receipt: message.receipt }]), [false]);
      await expectNothing("What is left after the delete", queue);
    },
  },
  {
    name: "delivers a message again when its lease lapses, and counts that",
    async run(context) {
      const { queue, shortLease } = context;
      const [id] = await sendAll(queue, ["again"]);
      const first = await receiveOne(context, shortLease);
      const second = await receiveOne(context);
      expectEqual(
        "The message delivered again",
        [second.id, second.body, second.deliveries],
        [id ?? "", "again", 2],
      );
      expectTrue("the new lease has a receipt of its own", first.receipt !== second.receipt);
      expectHeld("Extending the lapsed lease", await queue.extend([first.receipt], 10), [false]);
      expectHeld("Releasing the lapsed lease", await queue.release([{ receipt: first.receipt }]), [false]);
      expectHeld("Deleting with the lapsed lease", await queue.delete([first.receipt]), [false]);
      expectHeld("Deleting with the new lease", await queue.delete([second.receipt]), [true]);
    },
  },
  {
    name: "takes a lease for lost once it has lapsed, although nobody received the message since",
    async run(context) {
      const { queue, shortLease } = context;
      await sendAll(queue, ["lapsed"]);
      const { receipt, leaseEnd } = await receiveOne(context, shortLease);
      await untilAfter(leaseEnd);
      expectHeld("Extending the lapsed lease", await queue.extend([receipt], 10), [false]);
      expectHeld("Releasing the lapsed lease", await queue.release([{ receipt, delaySeconds: 100 }]), [
        false,
      ]);
      expectHeld("Deleting with the lapsed lease", await queue.delete([receipt]), [false]);
      await expectStats(queue, 1, 0, 0);
      expectEqual("The message after all that", (await receiveOne(context)).body, "lapsed");
    },
  },
  {
    name: "prolongs a lease that is extended, from the time of the call",
    async run(context) {
      const { queue, shortLease } = context;
      await sendAll(queue, ["mine"]);
      const { receipt, leaseEnd } = await receiveOne(context, shortLease * 2);
      const before = Date.now();
      const [outcome] = await queue.extend([receipt], 300);
      expectTrue("a held lease can be extended", outcome?.held === true);
      if (outcome?.held === true) {
        const { leaseEnd: newEnd = 0 } = outcome;
        const inTime = newEnd >= before + 290_000 && newEnd <= Date.now() + 300_001;
        expectTrue(`the new end of the lease lies 300 s ahead (it lies ${newEnd - before} ms ahead)`, inTime);
      }
      await untilAfter(leaseEnd);
      await expectNothing("What others get after the old end", queue);
      expectHeld("Deleting after the old end", await queue.delete([receipt]), [true]);
    },
  },
  {
    name: "makes a released message visible at once, and keeps its delivery counted",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["back"]);
      const { receipt } = await receiveOne(context);
      expectHeld("A release", await queue.release([{ receipt }]), [true]);
      await expectStats(queue, 1, 0, 0);
      expectHeld("A second release", await queue.release([{ receipt }]), [false]);
      expectEqual("The deliveries after a release", (await receiveOne(context)).deliveries, 2);
    },
  },
  {
    name: "makes a message released with a delay visible after it",
    async run(context) {
      const { queue, shortDelay } = context;
      await sendAll(queue, ["back later"]);
      const { receipt } = await receiveOne(context);
      const before = Date.now();
      expectHeld("A release", await queue.release([{ receipt, delaySeconds: shortDelay }]), [true]);
      await expectStats(queue, 0, 0, 1);
      const again = await receiveOne(context);
      const waited = Date.now() - before;
      expectEqual("The message after the delay", [again.body, again.deliveries], ["back later", 2]);
      // An engine may count the delay from its own, slightly earlier, time.
      expectTrue(
        `a delay of ${shortDelay} s takes about that (it took ${waited} ms)`,
        waited >= shortDelay * 1000 - 100,
      );
    },
  },
  {
    name: "refuses a release whose delay is outside its limits, and the lease stays",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["a"]);
      const { receipt } = await receiveOne(context);
      const [outcome] = await queue.release([{ receipt, delaySeconds: queue.limits.delaySeconds + 1 }]);
      expectTrue("such a release is refused", outcome?.held === false);
      if (outcome?.held === false) expectCode("Such a release", "delay_invalid", outcome.error);
      expectHeld("Deleting afterwards", await queue.delete([receipt]), [true]);
    },
  },
  {
    name: "takes the delivery back of a message released unstarted, where its limits say so",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["unstarted"]);
      const { receipt } = await receiveOne(context);
      expectHeld("A release", await queue.release([{ receipt, unstarted: true }]), [true]);
      const { deliveries } = await receiveOne(context);
      expectEqual(
        "The deliveries after it was given back unstarted",
        deliveries,
        queue.limits.takesBackDeliveries ? 1 : 2,
      );
    },
  },
  {
    name: "answers for every receipt alone, in the order in which they are given",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["a", "b", "c", "d", "e"]);
      const receipts = (await receiveCount(context, 5)).map(({ receipt }) => receipt);
      const [a = "", b = "", c = "", d = "", e = ""] = receipts;
      expectHeld("Deleting b and d", await queue.delete([d, b]), [true, true]);
      expectHeld("Extending all in another order", await queue.extend([e, d, c, b, a], longLease), [
        true,
        false,
        true,
        false,
        true,
      ]);
      const releases = [a, b, c].map((receipt) => ({ receipt }));
      expectHeld("Releasing a, b and c", await queue.release(releases), [true, false, true]);
      expectHeld("Deleting all", await queue.delete([a, b, c, d, e]), [false, false, false, false, true]);
      const left = await receiveCount(context, 2);
      expectEqual("What is left", left.map(({ body }) => body).sort(), ["a", "c"]);
    },
  },
  {
    name: "takes a receipt that it never gave for lost",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["a"]);
      const { id, receipt } = await receiveOne(context);
      const strange = ["no receipt", "", id, `${receipt}x`];
      expectHeld("Deleting with strange receipts", await queue.delete(strange), [false, false, false, false]);
      expectHeld("Extending with strange receipts", await queue.extend(strange, 10), [
        false,
        false,
        false,
        false,
      ]);
      expectHeld("Deleting with the right one", await queue.delete([receipt]), [true]);
    },
  },
  {
    name: "takes calls about no message",
    async run({ queue }) {
      expectEqual("Extending nothing", await queue.extend([], 10), []);
      expectEqual("Releasing nothing", await queue.release([]), []);
      expectEqual("Deleting nothing", await queue.delete([]), []);
    },
  },
];
