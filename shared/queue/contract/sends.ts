import { expectCode, expectEqual, expectTrue } from "../../expectations.ts";
import type { QueueRow } from "./row.ts";
import { expectNothing, expectStats, idOf, receiveCount, receiveOne, sendAll } from "./steps.ts";

/** What any queue must carry unchanged, or refuse with `message_invalid`. */
const texts = [
  "",
  " ",
  "plain",
  "two\nlines\r\nand\ttab",
  "a\0b",
  "\u0001\u007f",
  "é e\u0301 ß 漢字 🙂 👩‍👩‍👧",
  "\u{10ffff}\ufffd\ufffe",
  '{"basic_info":{"id":9223372036854775807}}',
  "\\u00e9 & < > ' \"",
  "x".repeat(10_000),
];

export const sendRows: readonly QueueRow[] = [
  {
    name: "gives one outcome per message sent, in order, with ids that name them at delivery",
    async run(context) {
      const ids = await sendAll(context.queue, ["a", "b", "c"]);
      expectEqual("The number of different ids", new Set(ids).size, 3);
      const received = await receiveCount(context, 3);
      const bodies = new Map(received.map(({ id, body }) => [id, body]));
      expectEqual(
        "The bodies under the ids that send gave",
        ids.map((id) => bodies.get(id)),
        ["a", "b", "c"],
      );
    },
  },
  {
    name: "takes a send of nothing",
    async run({ queue }) {
      expectEqual("The outcomes of sending nothing", await queue.send([]), []);
    },
  },
  {
    name: "sends more messages than it gives at a time, each once",
    async run(context) {
      const { queue } = context;
      const count = Math.min(queue.limits.receiveBatch * 2 + 5, 2500);
      const bodies = Array.from({ length: count }, (_, index) => `message ${index}`);
      await sendAll(queue, bodies);
      await expectStats(queue, count, 0, 0);
      const received = await receiveCount(context, count);
      expectEqual("The bodies received", received.map(({ body }) => body).sort(), bodies.toSorted());
    },
  },
  {
    name: "carries every text unchanged, or refuses it as message_invalid",
    async run(context) {
      const outcomes = await context.queue.send(texts.map((body) => ({ body })));
      const sent = texts.filter((text, index) => {
        const outcome = outcomes[index];
        if (outcome?.sent === false)
          expectCode(`The refusal of ${JSON.stringify(text)}`, "message_invalid", outcome.error);
        return outcome?.sent === true;
      });
      const received = await receiveCount(context, sent.length);
      expectEqual("The texts received", received.map(({ body }) => body).sort(), sent.toSorted());
    },
  },
  {
    name: "carries a message of the largest size, and refuses one byte more without refusing the others",
    async run(context) {
      const { queue } = context;
      const largest = queue.limits.messageBytes;
      const outcomes = await queue.send([
        { body: "before" },
        { body: "x".repeat(largest + 1) },
        // Two bytes of UTF-8 a character: bytes count, not characters.
        { body: "é".repeat(Math.floor(largest / 2) + 1) },
        { body: "after" },
      ]);
      idOf(outcomes[0], "The message before the one that is too large");
      idOf(outcomes[3], "The message after the one that is too large");
      for (const outcome of [outcomes[1], outcomes[2]]) {
        expectTrue("a message that is too large is not sent", outcome?.sent === false);
        if (outcome?.sent === false)
          expectCode("The message that is too large", "message_too_large", outcome.error);
      }
      const received = await receiveCount(context, 2);
      expectEqual("The bodies received", received.map(({ body }) => body).sort(), ["after", "before"]);
      await queue.delete(received.map(({ receipt }) => receipt));

      await sendAll(queue, ["x".repeat(largest)]);
      expectEqual("The length of the largest message", (await receiveOne(context)).body.length, largest);
    },
  },
  {
    name: "refuses half a surrogate pair as message_invalid without refusing the others",
    async run(context) {
      const outcomes = await context.queue.send([{ body: "a" }, { body: "half \ud800 pair" }, { body: "b" }]);
      idOf(outcomes[0], "The message before the invalid one");
      idOf(outcomes[2], "The message after the invalid one");
      const invalid = outcomes[1];
      expectTrue("half a surrogate pair is not sent", invalid?.sent === false);
      if (invalid?.sent === false) expectCode("Half a surrogate pair", "message_invalid", invalid.error);
      const received = await receiveCount(context, 2);
      expectEqual("The bodies received", received.map(({ body }) => body).sort(), ["a", "b"]);
    },
  },
  {
    name: "refuses a delay outside its limits as delay_invalid without refusing the others",
    async run({ queue }) {
      const delays = [0, -1, Number.NaN, queue.limits.delaySeconds + 1, queue.limits.delaySeconds];
      const outcomes = await queue.send(delays.map((delaySeconds) => ({ body: "delayed", delaySeconds })));
      expectEqual(
        `Which of the delays ${delays.join(", ")} were taken`,
        outcomes.map(({ sent }) => sent),
        [true, false, false, false, true],
      );
      for (const outcome of outcomes) {
        if (!outcome.sent) expectCode("A delay outside the limits", "delay_invalid", outcome.error);
      }
    },
  },
  {
    name: "hides a message until its delay is over",
    async run(context) {
      const { queue, shortDelay } = context;
      const before = Date.now();
      await sendAll(queue, ["later"], shortDelay);
      await sendAll(queue, ["now"]);
      await expectStats(queue, 1, 0, 1);
      expectEqual("The message that is not delayed", (await receiveOne(context)).body, "now");
      const delayed = await receiveOne(context);
      const waited = Date.now() - before;
      expectEqual("The delayed message", delayed.body, "later");
      expectTrue(
        `a delay of ${shortDelay} s takes no less (it took ${waited} ms)`,
        waited >= shortDelay * 1000,
      );
      expectEqual("The deliveries of a delayed message", delayed.deliveries, 1);
      await expectNothing("What else there is", queue);
    },
  },
];
