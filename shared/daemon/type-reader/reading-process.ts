import { SimpleTasksError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { TaskFault, TaskToCheck } from "../../task/task-check.ts";
import type { AttemptLogLine, TaskTypeDescription } from "../runner.ts";
import { receiveError } from "../workers/datasource-calls.ts";
import { diedLoading, LINES_SHOWN, loadedTooLong, printedText } from "../workers/load-failures.ts";
import type { LoadFailure, WorkerReport } from "../workers/messages.ts";
import { describeExit, spawnWorker, type WorkerExit } from "../workers/spawn-worker.ts";
import { openWarden } from "../workers/warden.ts";

export interface ReadingOptions {
  readonly files: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly loadSeconds: number;
  readonly checkSeconds: number;
  readonly log: Logger;
}

export interface LoadedTypes {
  readonly types: readonly TaskTypeDescription[];
  readonly failures: readonly LoadFailure[];
}

type PlacedFaults = readonly (readonly [place: number, TaskFault])[];

/** A worker process that loads task files and runs no attempt. Disposing of it resolves when the process is gone. */
export interface ReadingProcess extends AsyncDisposable {
  /** Rejects with `task_type_invalid`, about the file whose code ran last, when the process ends or takes too long. */
  readonly loaded: Promise<LoadedTypes>;
  /** Those of the tasks that are not fine, by their places. One check at a time, once the types are loaded. */
  check(tasks: readonly TaskToCheck[]): Promise<PlacedFaults>;
  /** Ends the process; what is open and what is asked later rejects with `reason`. */
  end(reason: SimpleTasksError): void;
}

export function startReading(options: ReadingOptions): ReadingProcess {
  const loaded = Promise.withResolvers<LoadedTypes>();
  const gone = Promise.withResolvers<void>();
  const printed: string[] = [];
  let checking: PromiseWithResolvers<PlacedFaults> | undefined;
  let ready = false;
  let entered: string | undefined;
  /** Why it ends, or has ended. */
  let reason: SimpleTasksError | undefined;
  loaded.promise.catch(() => {});

  const nothing = (): void => {};
  const worker = spawnWorker(
    { ...options, builtIn: true, partial: true },
    {
      // No attempt ever runs here.
      onBegin: nothing,
      onPhase: nothing,
      onProgress: nothing,
      onEnd: nothing,
      onReport,
      onLine: (_attemptId, line) => keep(line),
      onExit(exit) {
        end(reason ?? died(exit));
        if (worker.pid !== undefined) warden.forget(worker.pid);
        warden[Symbol.dispose]();
        gone.resolve();
      },
    },
  );
  const warden = openWarden();
  if (worker.pid !== undefined) warden.watch(worker.pid);
  let timer = setTimeout(() => end(loadedTooLong(options.loadSeconds, entered)), options.loadSeconds * 1000);

  function onReport(report: WorkerReport): void {
    if (reason !== undefined) return;
    if (report.kind === "entered") entered = report.file;
    else if (report.kind === "ready") {
      clearTimeout(timer);
      ready = true;
      loaded.resolve(report);
    } else if (report.kind === "load_failed") end(receiveError(report.error));
    else if (report.kind === "checked") {
      clearTimeout(timer);
      checking?.resolve(report.faults);
      checking = undefined;
    }
  }

  function keep(line: AttemptLogLine): void {
    printed.push(line.text);
    if (printed.length > LINES_SHOWN) printed.shift();
    options.log.log("info", line.text, { stream: line.stream });
  }

  function died(exit: WorkerExit): SimpleTasksError {
    return ready
      ? schemaFault(
          `ended the process that checked payloads: it ${describeExit(exit)}${printedText(printed)}`,
        )
      : diedLoading(exit, printed, entered);
  }

  function schemaFault(what: string): SimpleTasksError {
    return new SimpleTasksError(
      "task_type_invalid",
      `A payload schema${entered === undefined ? "" : ` of ${entered}`} ${what}`,
      {
        hint: "A schema only looks at the payload: let it do nothing else.",
        ...(entered !== undefined && { about: { file: entered } }),
      },
    );
  }

  function end(why: SimpleTasksError): void {
    clearTimeout(timer);
    reason ??= why;
    loaded.reject(reason);
    checking?.reject(reason);
    checking = undefined;
    worker.kill();
  }

  return {
    loaded: loaded.promise,
    check(tasks) {
      if (reason !== undefined) return Promise.reject(reason);
      checking = Promise.withResolvers<PlacedFaults>();
      timer = setTimeout(
        () => end(schemaFault(`took more than ${options.checkSeconds} s for ${tasks.length} payloads`)),
        options.checkSeconds * 1000,
      );
      worker.send([{ kind: "check", tasks }]);
      return checking.promise;
    },
    end,
    async [Symbol.asyncDispose]() {
      end(new SimpleTasksError("closed", "The process that read the task types is closed"));
      await gone.promise;
    },
  };
}
