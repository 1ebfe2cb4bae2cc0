import { expectEqual, expectRejection, expectTrue } from "../../expectations.ts";
import type { Message } from "../queue.ts";
import { longLease, type QueueRow } from "./row.ts";
import { expectNothing, receiveCount, receiveOne, sendAll } from "./steps.ts";

export const receiveRows: readonly QueueRow[] = [
  {
    name: "gives nothing from an empty queue, at once or after the wait",
    async run({ queue }) {
      await expectNothing("What an empty queue gives", queue);
      const waited = await queue.receive({ max: 10, waitSeconds: 1, leaseSeconds: longLease });
      expectEqual("What an empty queue gives after a wait", waited, []);
    },
  },
  {
    name: "wakes a waiting receive when a message is sent",
    async run({ queue, patience }) {
      const waiting = queue.receive({ max: 10, waitSeconds: patience, leaseSeconds: longLease });
      await sendAll(queue, ["hello"]);
      expectEqual(
        "What the waiting receive gave",
        (await waiting).map(({ body }) => body),
        ["hello"],
      );
    },
  },
  {
    name: "gives a first delivery with a lease that ends when it was asked to",
    async run(context) {
      const before = Date.now();
      await sendAll(context.queue, ["first"]);
      const sent = Date.now();
      const message = await receiveOne(context, 300);
      expectEqual("The deliveries", message.deliveries, 1);
      expectTrue("the receipt is not empty", message.receipt !== "");
      const latest = Date.now() + 300_000;
      expectTrue("the lease ends no later than it should", message.leaseEnd <= latest + 1);
      expectTrue("the lease lasts about as long as it should", message.leaseEnd >= before + 290_000);
      // The engine's clock may be another than this machine's.
      const margin = 60_000;
      const { sentAt = before } = message;
      expectTrue("sentAt is when it was sent", sentAt >= before - margin && sentAt <= sent + margin);
    },
  },
  {
    name: "gives at most as many messages as are asked for, and as its limits say",
    async run(context) {
      const { queue, patience } = context;
      await sendAll(queue, ["a", "b", "c"]);
      const two = await queue.receive({ max: 2, waitSeconds: patience, leaseSeconds: longLease });
      expectTrue(
        `a receive of at most 2 gives 1 or 2 (it gave ${two.length})`,
        two.length === 1 || two.length === 2,
      );
      const many = queue.limits.receiveBatch + 1;
      await sendAll(
        queue,
        Array.from({ length: many }, () => "many"),
      );
      const batch = await queue.receive({ max: many, waitSeconds: patience, leaseSeconds: longLease });
      expectTrue(
        `a receive gives at most ${many - 1} (it gave ${batch.length})`,
        batch.length > 0 && batch.length < many,
      );
    },
  },
  {
    name: "refuses to receive fewer than one message, or with a lease or wait that makes no sense",
    async run({ queue }) {
      const usual = { max: 1, waitSeconds: 0, leaseSeconds: 1 };
      const wrong = [
        { max: 0 },
        { max: 1.5 },
        { waitSeconds: -1 },
        { leaseSeconds: 0 },
        { leaseSeconds: Number.NaN },
      ];
      for (const options of wrong) {
        const what = `Receiving with ${Object.entries(options).join(" ")}`;
        await expectRejection(what, "usage", queue.receive({ ...usual, ...options }));
      }
    },
  },
  {
    name: "never gives one message to two receivers",
    async run(context) {
      const { queue, patience } = context;
      const bodies = Array.from({ length: 60 }, (_, index) => `message ${index}`);
      await sendAll(queue, bodies);
      const received: Message[] = [];
      const deadline = Date.now() + patience * 1000;
      const receiver = async (): Promise<void> => {
        while (received.length < bodies.length && Date.now() < deadline) {
          received.push(...(await queue.receive({ max: 3, waitSeconds: 0, leaseSeconds: longLease })));
        }
      };
      await Promise.all(Array.from({ length: 6 }, receiver));
      expectEqual(
        "What six receivers got together",
        received.map(({ body }) => body).sort(),
        bodies.toSorted(),
      );
    },
  },
  {
    name: "leaves no message leased when a waiting receive is aborted",
    async run(context) {
      const { queue, patience } = context;
      const abort = new AbortController();
      const waiting = queue.receive({
        max: 1,
        waitSeconds: patience,
        leaseSeconds: longLease,
        signal: abort.signal,
      });
      abort.abort();
      await expectRejection("A receive that was aborted while it waited", "aborted", waiting);
      await sendAll(queue, ["kept"]);
      const message = await receiveOne(context);
      expectEqual("The message sent after the abort", [message.body, message.deliveries], ["kept", 1]);
    },
  },
  {
    name: "leaves no message leased when the abort meets the message",
    async run(context) {
      const { queue, patience } = context;
      for (let round = 0; round < 10; round++) {
        const abort = new AbortController();
        const options = { max: 1, waitSeconds: patience, leaseSeconds: longLease, signal: abort.signal };
        const waiting = queue.receive(options).catch((): readonly Message[] => []);
        const sending = sendAll(queue, ["kept"]);
        if (round % 2 === 0) await sending;
        abort.abort();
        const [received] = await Promise.all([waiting, sending]);
        const message = received[0] ?? (await receiveOne(context));
        if (queue.limits.takesBackDeliveries)
          expectEqual("The deliveries of a message nobody got", message.deliveries, 1);
        await queue.delete([message.receipt]);
      }
    },
  },
  {
    name: "does nothing when the signal has fired before the call",
    async run({ queue }) {
      const signal = AbortSignal.abort();
      await expectRejection("An aborted send", "aborted", queue.send([{ body: "never" }], { signal }));
      const receive = queue.receive({ max: 1, waitSeconds: 1, leaseSeconds: 1, signal });
      await expectRejection("An aborted receive", "aborted", receive);
      await expectNothing("What an aborted send left", queue);
    },
  },
  {
    name: "gives waiting receivers each a message of their own",
    async run(context) {
      const { queue, patience } = context;
      const receive = () => queue.receive({ max: 1, waitSeconds: patience, leaseSeconds: longLease });
      const waiting = [receive(), receive(), receive()];
      await sendAll(queue, ["a", "b", "c"]);
      const received = (await Promise.all(waiting)).flat();
      const rest = await receiveCount(context, 3 - received.length);
      expectEqual("What three receivers got", [...received, ...rest].map(({ body }) => body).sort(), [
        "a",
        "b",
        "c",
      ]);
    },
  },
];
