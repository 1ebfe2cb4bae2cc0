import { SimpleTasksError } from "../../shared/errors.ts";
import type { RunningAttempt } from "./attempt.ts";

/** Exit code of a worker that ends because something was thrown that nobody caught. */
const UNCAUGHT = 70;

/**
 * What user code throws where nobody catches it, and `process.exit`, fail the attempt in whose time they happen. The
 * process ends with it: the attempt's own code may still be running.
 */
export function watchFaults(running: () => RunningAttempt | undefined): void {
  const exit = process.exit.bind(process);
  let exiting: SimpleTasksError | undefined;

  process.on("uncaughtException", (thrown, origin) => {
    const attempt = running();
    // Beside an attempt (task files loading, what an earlier attempt left behind) it goes to the daemon's log.
    if (attempt === undefined)
      console.error(origin === "unhandledRejection" ? "Unhandled rejection:" : "Uncaught:", thrown);
    else attempt.endByFault(thrown);
    exit(UNCAUGHT);
  });
  // Made here, so that its stack shows who called.
  process.exit = (code): never => {
    exiting = new SimpleTasksError("worker_died", `The task called process.exit(${code ?? ""})`);
    return exit(code);
  };
  process.on("exit", (code) => {
    running()?.endByFault(
      exiting ?? new SimpleTasksError("worker_died", `The worker process exited with code ${code}`),
    );
  });
}
