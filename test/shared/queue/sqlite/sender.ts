import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";

// Sends without end, several calls at once, and tells the ids that were acknowledged.

const [file = ""] = process.argv.slice(2);
const queue = await openSqliteQueue({ file, queue: "sent" });
const lane = async (): Promise<never> => {
  for (;;) {
    const bodies = Array.from({ length: 500 }, () => ({
      body: `body of ${process.pid}${" padding".repeat(30)}`,
    }));
    const outcomes = await queue.send(bodies);
    process.send?.(outcomes.flatMap((outcome) => (outcome.sent ? [outcome.id] : [])));
  }
};
await Promise.all([lane(), lane(), lane()]);
