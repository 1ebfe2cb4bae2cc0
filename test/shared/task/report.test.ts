import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { taskText } from "../../../shared/task/document.ts";
import { readReport } from "../../../shared/task/read-report.ts";
import { doneReport, errorReport, shortDoneReport } from "../../../shared/task/report.ts";
import { anyText } from "./arbitraries.ts";

const host = { hostname: "höst", user: "ada" };
const task = taskText({ id: 1, name: "CUT", baseDirectory: "d", inputs: ["a"], payload: "x".repeat(300) });
const marks = { phase: "execute", error: { name: "Error", message: "no" }, daemon: "d1" };

describe("bounding an error report", () => {
  test("any exception and any log fit, the task is whole, and what is kept is a true part", () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 1, max: 400 }),
        fc.array(anyText, { maxLength: 50 }),
        fc.integer({ min: 700, max: 20_000 }),
        (text, times, lines, maxBytes) => {
          const exception = text.repeat(times);
          const report = errorReport({
            host,
            task,
            exception,
            simpletasks: { ...marks, log_tail: lines },
            maxBytes,
          });
          expect(report).toMatch(/^[\0-\x7f]*$/);
          expect(report.length).toBeLessThanOrEqual(maxBytes);
          const read = readReport(report);
          expect(read.taskText).toBe(task);
          const [kept, cut] = (read.exception ?? "").split("\n… (cut)");
          expect(cut === undefined ? kept === exception : exception.startsWith(kept ?? "?")).toBe(true);
          if (read.logTail.length > 1) expect(lines.slice(-read.logTail.length)).toEqual(read.logTail);
        },
      ),
    );
  });

  test("the log loses its oldest lines, the exception its end, and neither crowds out the other", () => {
    const log_tail = Array.from({ length: 1000 }, (_, line) => `line ${line}`);
    const exception = `Error: the reason\n${"    at somewhere\n".repeat(1000)}`;
    const report = errorReport({
      host,
      task,
      exception,
      simpletasks: { ...marks, log_tail },
      maxBytes: 4096,
    });
    const read = readReport(report);
    expect(read.exception).toMatch(/^Error: the reason\n[^]*… \(cut\)$/);
    expect(read.exception?.length).toBeGreaterThan(1000);
    expect(read.logTail.at(-1)).toBe("line 999");
    expect(read.logTail.length).toBeGreaterThan(50);
    expect(report.length).toBeGreaterThan(3900);
  });

  test("what is short leaves its room to what is long", () => {
    const report = (exception: string, log_tail: string[]) =>
      readReport(errorReport({ host, task, exception, simpletasks: { ...marks, log_tail }, maxBytes: 4096 }));
    expect(report("short", ["x".repeat(3000)])).toMatchObject({
      exception: "short",
      logTail: ["x".repeat(3000)],
    });
    expect(report("x".repeat(3000), ["short"])).toMatchObject({
      exception: "x".repeat(3000),
      logTail: ["short"],
    });
    expect(report("short", ["x".repeat(9000)]).logTail[0]).toMatch(/^x{2000,}\n… \(cut\)$/);
  });

  test("no character is cut in half", () => {
    for (let maxBytes = 700; maxBytes < 720; maxBytes++) {
      const report = errorReport({ host, task, exception: "🚀".repeat(500), simpletasks: marks, maxBytes });
      expect(readReport(report).exception?.isWellFormed()).toBe(true);
    }
  });

  test("a task larger than the limit stays whole", () => {
    const report = errorReport({
      host,
      task,
      exception: "e",
      simpletasks: { ...marks, log_tail: ["l"] },
      maxBytes: 10,
    });
    expect(readReport(report)).toMatchObject({
      taskText: task,
      exception: "",
      logTail: [],
      phase: "execute",
    });
  });

  test("an error message as long as a book is shortened; the exception has it all", () => {
    const error = { name: "Error", message: "m".repeat(10_000) };
    const report = errorReport({
      host,
      task,
      exception: error.message,
      simpletasks: { ...marks, error },
      maxBytes: 1e6,
    });
    expect(readReport(report).error?.message).toHaveLength(2001);
    expect(readReport(report).exception).toBe(error.message);
  });
});

describe("a report for a queue that refused the whole one", () => {
  const large = taskText({
    id: 1,
    name: "CUT",
    baseDirectory: "d",
    inputs: [],
    payload: "x".repeat(50_000),
  }).replace("xxx", "äöü");
  const task_cut = {
    bytes: Buffer.byteLength(large),
    sha256: createHash("sha256").update(large).digest("hex"),
  };

  test.each([1000, 5000, 1e6])(
    "within %i bytes an error report shows the task's beginning, and what the whole was",
    (maxBytes) => {
      const log_tail = ["l".repeat(maxBytes)];
      const simpletasks = { ...marks, log_tail };
      const report = errorReport({
        host,
        task: large,
        exception: "e",
        simpletasks,
        maxBytes,
        cutTask: true,
        batch: "b1",
      });
      expect(report.length).toBeLessThanOrEqual(maxBytes);
      const read = JSON.parse(report);
      expect(large.startsWith(read.task.replace("\n… (cut)", ""))).toBe(true);
      expect(read.task.length).toBeGreaterThan(200);
      expect(read.task.length).toBeLessThan(9000);
      expect(read.simpletasks).toMatchObject({ task_cut, phase: "execute", batch: "b1" });
      expect(readReport(report).batch).toBe("b1");
      expect(readReport(report).taskText, "a beginning is not to be sent again").toBeUndefined();
    },
  );

  test("a done report counts its outputs; its task is whole where it fits", () => {
    const outputs = Array.from({ length: 1000 }, (_, place) => `out/${place}`);
    const report = { host, outputs, simpletasks: { daemon: "d" } };
    const counted = shortDoneReport({ ...report, task, maxBytes: 1000 });
    expect(JSON.parse(counted).result).toEqual({ success: true, outputs: 1000 });
    expect(readReport(counted)).toMatchObject({ kind: "done", taskText: task, outputs: [] });
    const cut = shortDoneReport({ ...report, task: large, batch: "b1", maxBytes: 1000 });
    expect(readReport(cut).batch).toBe("b1");
    expect(cut.length).toBeLessThanOrEqual(1000);
    expect(JSON.parse(cut)).toMatchObject({ result: { outputs: 1000 }, simpletasks: { task_cut } });
    expect(readReport(cut).taskText).toBeUndefined();
  });
});

describe("what stands in a report as the task", () => {
  const reported = (text: string) =>
    errorReport({ host, task: text, exception: "e", simpletasks: marks, maxBytes: 1e6 });

  test("any text at all can be had back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(readReport(reported(text)).taskText).toBe(text);
        expect(JSON.parse(reported(text)).task).toBe(text);
      }),
    );
  });

  test("a task is JSON there, in ASCII; a text that cannot be read as a task is a string", () => {
    expect(JSON.parse(reported(`\n${task.replace("xxx", "ä\u{1F600}")} `)).task).toMatchObject({
      basic_info: { id: 1 },
    });
    for (const text of ["{}", '"text"', "5", task.replace('"CUT"', '" "')]) {
      expect(JSON.parse(reported(text)).task).toBe(text);
    }
  });

  test("a done report gives the task as it was written", () => {
    const written = task.replace('"id":1', '"id": 1.0');
    expect(
      readReport(doneReport({ host, task: ` ${written}\n`, outputs: [], simpletasks: { daemon: "d" } })),
    ).toMatchObject({
      kind: "done",
      taskText: written,
      success: true,
      outputs: [],
      attempt: undefined,
      daemon: "d",
    });
  });
});

describe("reading what others wrote", () => {
  const nothing = {
    kind: "unknown",
    taskText: undefined,
    taskBeginning: undefined,
    batch: undefined,
    hostname: undefined,
    user: undefined,
    exception: undefined,
    success: undefined,
    outputs: [],
    outputCount: 0,
    attempt: undefined,
    phase: undefined,
    error: undefined,
    logTail: [],
    daemon: undefined,
    startedAt: undefined,
    durationMs: undefined,
  };

  test.each(["", "no JSON", "null", "[]", "5", '"text"', "{}", '{"task": null}', "[".repeat(200_000)])(
    "%.30s holds nothing of a report",
    (text) => {
      expect(readReport(text)).toEqual(nothing);
    },
  );

  test("a report without keys of ours, as SimpleTasks.jl writes them", () => {
    const text = `{"host_info": {"hostname": "n", "user": "u"}, "exception": "ErrorException(\\"x\\")", "task": ${task}}`;
    expect(readReport(text)).toEqual({
      ...nothing,
      kind: "error",
      hostname: "n",
      user: "u",
      exception: 'ErrorException("x")',
      taskText: task,
    });
  });

  test("keys of strange types are passed over, or shown as they were written", () => {
    const text =
      '{"host_info": "n", "exception": {"type": "X", "n": 1.0}, "task": [1.0], "result": 3,' +
      '"simpletasks": {"attempt": "1", "phase": {}, "error": [], "log_tail": ["a", 1], "started_at": "soon", "duration_ms": -1}}';
    expect(readReport(text)).toEqual({
      ...nothing,
      kind: "error",
      exception: '{"type": "X", "n": 1.0}',
      taskText: "[1.0]",
      logTail: ["a"],
    });
  });
});
