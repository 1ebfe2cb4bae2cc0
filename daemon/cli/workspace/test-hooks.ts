// Loaded by `simpletasks test` into Node's test runner and into each test file, which may import `simpletasks`, and task
// files, as a daemon loads them.
import { resolveForTaskFiles } from "../../../shared/task/resolve.ts";

resolveForTaskFiles([]);

// Whoever reads the report may stop reading, as `head` does: Node's runner would end with a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(1);
});
