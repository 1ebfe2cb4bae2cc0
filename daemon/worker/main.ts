// The program of a worker process. The daemon starts it (`shared/daemon/workers/worker-process.ts`), sends it the task
// files, then attempts; user code runs here and nowhere else.
import { describeTaskType } from "../../shared/daemon/phases/describe-type.ts";
import { sendError, receiveError } from "../../shared/daemon/workers/datasource-calls.ts";
import type { WorkerOrder } from "../../shared/daemon/workers/messages.ts";
import { asSimpleTasksError } from "../../shared/errors.ts";
import type { TaskType } from "../../shared/task/define.ts";
import { loadTaskFiles } from "../../shared/task/load.ts";
import { noOp } from "../../shared/task/no-op.ts";
import { type Attempts, createAttempts } from "./attempts.ts";
import { readOrders } from "./orders.ts";
import { createDatasourceCalls } from "./datasource.ts";
import { watchFaults } from "./faults.ts";
import { openOutput, type WorkerOutput } from "./output.ts";

const exit = process.exit.bind(process);
// A service manager signals every process of the daemon; when the workers end is the daemon's to say.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
let attempts: Attempts | undefined;
let output: WorkerOutput | undefined;
const calls = createDatasourceCalls((report) => output?.report(report));
readOrders(obey);

function obey(order: WorkerOrder): void {
  switch (order.kind) {
    case "load":
      void load(order);
      break;
    case "run":
      attempts?.add(order.order);
      break;
    case "recall":
      output?.report({
        kind: "recalled",
        recallId: order.recallId,
        attemptIds: attempts?.recall(order.attemptIds) ?? [],
      });
      break;
    case "cancel":
      if (attempts?.running?.order.attemptId === order.attemptId)
        attempts.running.cancel(receiveError(order.error));
      break;
    case "reply":
      calls.onReply(order);
      break;
    case "end":
      exit(0);
  }
}

async function load({ files, builtIn, token }: Extract<WorkerOrder, { kind: "load" }>): Promise<void> {
  const opened = openOutput(token);
  output = opened;
  watchFaults(() => attempts?.running);
  try {
    const loaded: readonly { readonly type: TaskType; readonly file?: string }[] = [
      ...(builtIn ? [{ type: noOp }] : []),
      ...(await loadTaskFiles(files)),
    ];
    const types = await Promise.all(loaded.map(({ type, file }) => describeTaskType(type, file)));
    attempts = createAttempts(new Map(loaded.map(({ type }) => [type.name, type])), opened, calls);
    opened.report({ kind: "ready", types });
  } catch (error) {
    opened.report({ kind: "load_failed", error: sendError(asSimpleTasksError(error, "task_type_invalid")) });
  }
}
