import { expectEqual, expectRejection, expectTrue } from "../../expectations.ts";
import type { PeekedMessage } from "../queue.ts";
import { settle } from "../settle.ts";
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

export const operationRows: readonly QueueRow[] = [
  {
    name: "counts visible, leased and delayed messages, a lapsed lease's as visible",
    async run(context) {
      const { queue, shortLease } = context;
      await expectStats(queue, 0, 0, 0);
      await sendAll(queue, ["a", "b", "c"]);
      await sendAll(queue, ["later"], 300);
      await expectStats(queue, 3, 0, 1);
      await receiveOne(context);
      const { leaseEnd } = await receiveOne(context, shortLease * 2);
      await expectStats(queue, 1, 2, 1);
      await untilAfter(leaseEnd);
      await expectStats(queue, 2, 1, 1);
      const { approximate } = await queue.stats();
      expectEqual(
        "Whether the counts are said to be approximate",
        approximate === true,
        !queue.limits.exactStats,
      );
    },
  },
  {
    name: "purges every message, leased and delayed ones too, and takes new ones afterwards",
    async run(context) {
      const { queue } = context;
      await sendAll(queue, ["a", "b"]);
      await sendAll(queue, ["later"], 300);
      const { receipt } = await receiveOne(context);
      const purged = await queue.purge();
      if (purged !== undefined) expectEqual("How many messages were purged", purged, 3);
      // An engine without exact counts may take its time.
      if (!queue.limits.exactStats) return;
      await expectStats(queue, 0, 0, 0);
      expectHeld("Deleting a purged message", await queue.delete([receipt]), [false]);
      await expectNothing("What a purged queue gives", queue);
      await sendAll(queue, ["new"]);
      expectEqual("What is sent after a purge", (await receiveOne(context)).body, "new");
    },
  },
  {
    name: "peeks, where it can, without leasing: oldest first, page after page, with states",
    async run(context) {
      const { queue } = context;
      if (queue.peek === undefined) return;
      await sendAll(queue, ["a", "b", "c"]);
      await sendAll(queue, ["later"], 300);
      await sendAll(queue, ["e"]);
      await receiveOne(context);
      const peeked: PeekedMessage[] = [];
      for (
        let page = await queue.peek({ max: 2 });
        page.length > 0;
        page = await queue.peek({ max: 2, after: peeked.at(-1)?.id })
      ) {
        expectTrue("a page of at most 2 has no more", page.length <= 2);
        expectTrue("pages come to an end", peeked.length < 10);
        peeked.push(...page);
      }
      expectEqual(
        "Bodies, states and deliveries peeked at",
        peeked.map(({ body, state, deliveries }) => `${body} ${state} ${deliveries}`),
        ["a leased 1", "b visible 0", "c visible 0", "later delayed 0", "e visible 0"],
      );
      await expectStats(queue, 3, 1, 1);
    },
  },
  {
    name: "ends, where it can, every lease at once",
    async run(context) {
      const { queue } = context;
      if (queue.releaseAll === undefined) return;
      await sendAll(queue, ["a", "b", "c"]);
      const [message] = await receiveCount(context, 2);
      expectEqual("How many leases were ended", await queue.releaseAll(), 2);
      await expectStats(queue, 3, 0, 0);
      expectHeld("Deleting afterwards", await queue.delete([message?.receipt ?? ""]), [false]);
      const received = await receiveCount(context, 3);
      const deliveries = received.map(({ body, deliveries }) => `${body} ${deliveries}`);
      expectEqual("Bodies and deliveries afterwards", deliveries.sort(), ["a 2", "b 2", "c 1"]);
    },
  },
  {
    name: "settles: sends what a message's end calls for, then deletes the message",
    async run(context) {
      const { queue, patience } = context;
      const done = await context.openAnother();
      await sendAll(queue, ["a", "b"]);
      const messages = await receiveCount(context, 2);
      const settlements = messages.map(({ receipt, body }) => ({
        receipt,
        sends: [{ queue: done, body: `${body} is done` }],
      }));
      expectHeld("Settling", await settle(queue, settlements), [true, true]);
      const reports = await receiveCount({ queue: done, patience }, 2);
      expectEqual("What arrived in the other queue", reports.map(({ body }) => body).sort(), [
        "a is done",
        "b is done",
      ]);
      await expectStats(queue, 0, 0, 0);
    },
  },
  {
    name: "settles wholly or not at all, where its transaction includes the other queue",
    async run(context) {
      const { queue } = context;
      const done = await context.openAnother();
      if (queue.transaction?.includes(done) !== true) return;
      await sendAll(queue, ["kept", "lost", "refused"]);
      const messages = await receiveCount(context, 3);
      const receipt = (body: string): string =>
        messages.find((message) => message.body === body)?.receipt ?? "";
      await queue.release([{ receipt: receipt("lost"), delaySeconds: 300 }]);
      const tooLarge = "x".repeat(done.limits.messageBytes + 1);
      const outcomes = await settle(queue, [
        { receipt: receipt("lost"), sends: [{ queue: done, body: "of a lost lease" }] },
        {
          receipt: receipt("kept"),
          sends: [
            { queue: done, body: "first" },
            { queue, body: "second", delaySeconds: 300 },
          ],
        },
        {
          receipt: receipt("refused"),
          sends: [
            { queue: done, body: "beside one too large" },
            { queue: done, body: tooLarge },
          ],
        },
      ]);
      expectEqual(
        "Which settlements were carried out",
        outcomes.map((outcome) => (outcome.held ? "done" : outcome.error.code)),
        ["lease_lost", "done", "message_too_large"],
      );
      const sent = await done.receive({ max: 10, waitSeconds: 0, leaseSeconds: longLease });
      expectEqual("What was sent", sent.map(({ body }) => body).sort(), ["first"]);
      // The one that was refused is leased still; the lost one and "second" are delayed.
      await expectStats(queue, 0, 1, 2);
    },
  },
  {
    name: "refuses every call once it is closed, and ends what waits",
    async run({ queue, patience }) {
      const waiting = queue.receive({ max: 1, waitSeconds: patience, leaseSeconds: longLease });
      const ended = expectRejection("A receive that waited when the queue was closed", "closed", waiting);
      await queue[Symbol.asyncDispose]();
      await ended;
      await expectRejection("Sending to a closed queue", "closed", queue.send([{ body: "a" }]));
      const receive = queue.receive({ max: 1, waitSeconds: 0, leaseSeconds: 1 });
      await expectRejection("Receiving from a closed queue", "closed", receive);
      await expectRejection("Counting a closed queue", "closed", queue.stats());
      await queue[Symbol.asyncDispose]();
    },
  },
];
