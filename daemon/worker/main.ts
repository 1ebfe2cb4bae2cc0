// The program of a worker process. The daemon starts it (`shared/daemon/workers/spawn-worker.ts`), sends it the task
// files, then attempts; user code runs here and nowhere else.
import { describeTaskType } from "../../shared/daemon/phases/describe-type.ts";
import type { TaskTypeDescription } from "../../shared/daemon/runner.ts";
import { sendError, receiveError } from "../../shared/daemon/workers/datasource-calls.ts";
import type { LoadFailure, WorkerOrder } from "../../shared/daemon/workers/messages.ts";
import { asSimpleTasksError } from "../../shared/errors.ts";
import { loadTaskFiles } from "../../shared/task/load.ts";
import { noOp } from "../../shared/task/no-op.ts";
import { type Attempts, createAttempts } from "./attempts.ts";
import { createTaskCheck, type LoadedType, type TaskCheck } from "./check.ts";
import { readOrders } from "./orders.ts";
import { createDatasourceCalls } from "./datasource.ts";
import { watchFaults } from "./faults.ts";
import { openOutput, type WorkerOutput } from "./output.ts";

const exit = process.exit.bind(process);
// A service manager signals every process of the daemon; when the workers end is the daemon's to say.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
let attempts: Attempts | undefined;
let checkTasks: TaskCheck | undefined;
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
    case "check":
      void checkTasks?.(order.tasks).then((faults) => output?.report({ kind: "checked", faults }));
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

async function load({
  files,
  builtIn,
  partial,
  token,
}: Extract<WorkerOrder, { kind: "load" }>): Promise<void> {
  const opened = openOutput(token);
  output = opened;
  watchFaults(() => attempts?.running);
  try {
    const enter = (file: string): void => opened.report({ kind: "entered", file });
    const failures: LoadFailure[] = [];
    const fromFiles = await loadTaskFiles(files, {
      onFile: enter,
      ...(partial && {
        onFailure: (file, error) => void failures.push({ file, error: sendError(error) }),
      }),
    });
    const loaded: readonly LoadedType[] = [...(builtIn ? [{ type: noOp }] : []), ...fromFiles];
    const descriptions: TaskTypeDescription[] = [];
    for (const { type, file } of loaded) {
      if (file !== undefined) enter(file);
      descriptions.push(await describeTaskType(type, file));
    }
    const types = new Map(loaded.map(({ type }) => [type.name, type]));
    attempts = createAttempts(types, opened, calls);
    checkTasks = createTaskCheck(new Map(loaded.map((one) => [one.type.name, one])), enter);
    opened.report({ kind: "ready", types: descriptions, failures });
  } catch (error) {
    opened.report({ kind: "load_failed", error: sendError(asSimpleTasksError(error, "task_type_invalid")) });
  }
}
