import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { forRedrive, taskText, withAttempts } from "../../../shared/task/document.ts";
import { readReport } from "../../../shared/task/read-report.ts";
import { doneReport, errorReport } from "../../../shared/task/report.ts";

/** The wire contract, byte by byte. A change here is a change of what other programs read. */
function golden(name: string): string {
  return readFileSync(new URL(`golden/${name}`, import.meta.url), "latin1");
}

const host = { hostname: "node-1", user: "ada" };
const run = { attempt: 3, daemon: "node-1-42", started_at: "2026-01-02T03:04:05.678Z", duration_ms: 12 };

test("a task from code", () => {
  const text = taskText({
    id: 9223372036854775807n,
    name: "NO_OP",
    baseDirectory: "datasets/noop_dataset",
    inputs: ["0_input/4.dat", "0_input/5.dat"],
    payload: { note: "München 🚀", threshold: 1.5, seed: 12345678901234567890n, empty: null },
  });
  expect(text).toBe(golden("task.json"));
});

test("a task that is sent again after a failed attempt, and after a redrive", () => {
  expect(withAttempts(golden("received-task.json"), 3)).toBe(golden("retried-task.json"));
  expect(forRedrive(golden("received-task.json"))).toBe(golden("redriven-task.json"));
});

test("an error report, with the task as it was written", () => {
  const report = errorReport({
    host,
    task: golden("received-task.json"),
    exception: "Error: threshold ä\n    at execute (cut.task.ts:3:9)",
    simpletasks: {
      ...run,
      phase: "execute",
      error: { name: "Error", message: "threshold ä", code: "task_failed" },
      log_tail: ["reading", "cutting"],
    },
    maxBytes: 1_000_000,
  });
  expect(report).toBe(golden("error-report.json"));
});

test("an error report on a text that is no task", () => {
  const report = errorReport({
    host,
    task: 'not "JSON" ☃',
    exception: "SimpleTasksError: The message is not JSON",
    simpletasks: {
      phase: "validate",
      error: { name: "SimpleTasksError", message: "The message is not JSON", code: "task_unparsable" },
      daemon: "node-1-42",
    },
    maxBytes: 1_000_000,
  });
  expect(report).toBe(golden("error-report-raw.json"));
});

test("a done report", () => {
  const outputs = ["datasets/noop_dataset/0_output/4.dat", "datasets/noop_dataset/0_output/ä.dat"];
  const report = doneReport({ host, task: golden("received-task.json"), outputs, simpletasks: run });
  expect(report).toBe(golden("done-report.json"));
});

test("reports are read back whole, and the task exactly", () => {
  expect(readReport(golden("error-report.json"))).toEqual({
    kind: "error",
    taskText: golden("received-task.json"),
    ...host,
    exception: "Error: threshold ä\n    at execute (cut.task.ts:3:9)",
    success: undefined,
    outputs: [],
    outputCount: 0,
    attempt: 3,
    phase: "execute",
    error: { name: "Error", message: "threshold ä", code: "task_failed" },
    logTail: ["reading", "cutting"],
    daemon: "node-1-42",
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    durationMs: 12,
  });
  expect(readReport(golden("error-report-raw.json")).taskText).toBe('not "JSON" ☃');
  expect(readReport(golden("done-report.json"))).toMatchObject({
    kind: "done",
    taskText: golden("received-task.json"),
    success: true,
    outputs: ["datasets/noop_dataset/0_output/4.dat", "datasets/noop_dataset/0_output/ä.dat"],
  });
});
