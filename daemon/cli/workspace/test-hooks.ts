// Loaded by `simpletasks test` into Node's test runner and into each test file, which may import `simpletasks`, and task
// files, as a daemon loads them.
import type { TestEvent } from "node:test/reporters";
import { resolveForTaskFiles } from "../../../shared/task/resolve.ts";

resolveForTaskFiles([]);

// Whoever reads the report may stop reading, as `head` does: Node's runner would end with a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(1);
});

/**
 * A reporter that prints nothing: it sends `simpletasks test` how many tests each file ran. The counts of the whole run are
 * of no use, for there a file without tests is one itself.
 */
// oxlint-disable-next-line import/no-default-export, require-yield -- as Node's test runner asks for it
export default async function* countTests(events: AsyncIterable<TestEvent>): AsyncGenerator<never> {
  for await (const { type, data } of events) {
    if (type === "test:summary" && data.file !== undefined) process.send?.({ tests: data.counts.tests });
  }
}
