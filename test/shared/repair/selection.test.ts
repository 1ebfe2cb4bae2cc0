import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import { findMessages } from "../../../shared/repair/find-reports.ts";
import { groupKey, groupReports } from "../../../shared/repair/group-reports.ts";
import { readReports, reportEntry } from "../../../shared/repair/reports.ts";
import { matcherOf, type Selection, selectReports } from "../../../shared/repair/selection.ts";
import { failed, strangersReport, task, without } from "./reports.ts";

const noon = Date.UTC(2026, 5, 1, 12);

const entries = {
  cut: { body: failed(task(1, { batch: "b1" })), sentAt: noon },
  paste: {
    body: failed(task(2, { name: "PASTE", payload: "Zürich" }), { exception: "Error: no PAPER left" }),
    sentAt: noon + 1,
  },
  julia: { body: strangersReport(task(3, { name: "CUT_MORE" })), sentAt: noon + 2 },
  junk: { body: "what is this", sentAt: undefined },
  broken: {
    body: failed('{"basic_info":{"id":7,"name":"CUT"},"simpletasks":{"batch":"b1"}}'),
    sentAt: noon + 3,
  },
};

function selected(selection: Selection): string[] {
  const matches = matcherOf(selection);
  return Object.entries(entries).flatMap(([name, { body, sentAt }]) =>
    matches(reportEntry({ id: name, body, ...(sentAt !== undefined && { sentAt }) })) ? [name] : [],
  );
}

describe("a selection", () => {
  test.each<[string, Selection, string[]]>([
    ["of nothing in particular means all", {}, ["cut", "paste", "julia", "junk", "broken"]],
    ["by a task's whole name, also where the rest of the task is wrong", { task: "CUT" }, ["cut", "broken"]],
    ["by a pattern of names", { task: "C*T*" }, ["cut", "julia", "broken"]],
    ["by a pattern that fits any task's name", { task: "*" }, ["cut", "paste", "julia", "broken"]],
    ["by a name in which only * is special", { task: "C.T" }, []],
    ["by text of the exception, in any case", { text: "No paper" }, ["paste"]],
    ["by text of the task, escaped or not", { text: "zürich" }, ["paste"]],
    ["by text of what is no report", { text: "WHAT is" }, ["junk"]],
    ["by batch, also of what is no task", { batch: "b1" }, ["cut", "broken"]],
    ["by the end of a time", { until: noon + 1 }, ["cut", "paste"]],
    ["by the beginning of a time", { since: noon + 1 }, ["paste", "julia", "broken"]],
    ["by several things at once", { task: "CUT*", since: noon + 1, text: "bounds" }, ["julia"]],
  ])("%s", (_, selection, expected) => {
    expect(selected(selection)).toEqual(expected);
  });

  test("by a pattern fits what the same regular expression fits", () => {
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    const name = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pattern, name, (words, called) => {
        const matches = matcherOf({ task: words });
        const fits = new RegExp(`^${words.replaceAll("*", ".*")}$`).test(called);
        expect(matches(reportEntry({ id: "1", body: failed(task(1, { name: called })) }))).toBe(fits);
      }),
      { numRuns: 500 },
    );
  });

  test("by a pattern of many parts is not held up by a name as long as a message", () => {
    const entry = reportEntry({ id: "1", body: failed(task(1, { name: "a".repeat(100_000) })) });
    expect(matcherOf({ task: "*a*a*a*a*b" })(entry)).toBe(false);
  });

  test("is found page by page, as ids with the length of the texts", async () => {
    const queue = createMemoryQueue();
    const bodies = Array.from({ length: 1203 }, (_, id) =>
      failed(task(id, { name: id % 2 === 0 ? "EVEN" : "ODD" })),
    );
    await queue.send(bodies.map((body) => ({ body })));
    const even = await selectReports(queue, { task: "EVEN" });
    expect(even).toHaveLength(602);
    expect(even.at(-1)).toEqual({ id: "1203", length: bodies[1202]?.length });
    expect(await selectReports(queue, {}, { limit: 3 })).toMatchObject([
      { id: "1" },
      { id: "2" },
      { id: "3" },
    ]);
    expect(await selectReports(queue, {}, { limit: 0 })).toEqual([]);
  });

  test("in a queue that cannot be read without leasing is refused", async () => {
    const queue = without(createMemoryQueue(), "peek");
    await expect(selectReports(queue, {})).rejects.toMatchObject({ code: "not_supported" });
  });
});

test("what can be read of a report depends on who wrote it", () => {
  const ours = reportEntry({ id: "1", body: entries.cut.body, sentAt: noon });
  expect(ours.headline).toBe("Error: it broke");
  expect(ours.task).toMatchObject({ name: "CUT", id: "1", batch: "b1", obstacle: undefined });

  const julia = reportEntry({ id: "2", body: entries.julia.body });
  expect(julia.headline).toBe("BoundsError()");
  expect(julia.task.document).toMatchObject({ name: "CUT_MORE", id: 3 });

  const junk = reportEntry({ id: "3", body: "\n\nwhat\nis this" });
  expect([junk.headline, junk.task.name, junk.task.obstacle?.code]).toEqual([
    "what",
    undefined,
    "task_unparsable",
  ]);

  const cut = reportEntry({ id: "4", body: failed(task(5), { cutTask: true }) });
  expect(cut.task.obstacle?.message).toMatch(/only the beginning of its task/);
  expect(cut.report.taskBeginning).toMatch(/^\{"basic_info"/);

  const waiting = task(6).replace("{", '{"depends_on":[1],');
  const refused = reportEntry({ id: "5", body: failed(waiting) });
  expect(refused.task).toMatchObject({ name: "CUT", id: "6", document: undefined });
  expect(refused.task.obstacle?.message).toMatch(/depends_on/);
});

test("messages are found by id, whatever an engine's ids look like", async () => {
  const queue = createMemoryQueue();
  await queue.send(["a", "b", "c", "d"].map((body) => ({ body })));
  await queue.receive({ max: 1, waitSeconds: 0, leaseSeconds: 60 });
  expect([...(await findMessages(queue, ["3", "1", "9", "x", "-1", ""]))]).toMatchObject([
    ["3", { body: "c", state: "visible" }],
    ["1", { body: "a", state: "leased" }],
  ]);

  const named = {
    ...queue,
    async peek({ after }: { readonly after?: string | undefined }) {
      const place = after === undefined ? 0 : ["10", "x9"].indexOf(after) + 1;
      return ["10", "x9"]
        .slice(place)
        .map((id) => ({ id, body: id, state: "visible" as const, deliveries: 0 }));
    },
  };
  expect([...(await findMessages(named, ["x9", "10"])).keys()].toSorted()).toEqual(["10", "x9"]);
});

test("reports are grouped by task and error, whatever numbers stand in it; the largest group comes first", async () => {
  const queue = createMemoryQueue();
  const errors: [string, string][] = [
    ["CUT", "no object a/17.dat"],
    ["PASTE", "no object a/3.dat"],
    ["CUT", "no object a/2024.dat"],
    ["CUT", "timeout after 1.5 s at 0xff, attempt 3f2504e0-4f89-11d3-9a0c-0305e82c3301"],
  ];
  const bodies = errors.map(([name, exception], id) => failed(task(id, { name }), { exception, code: "io" }));
  await queue.send([...bodies, "junk"].map((body) => ({ body })));
  const groups = await groupReports(readReports(queue));
  expect(groups[0]).toMatchObject({
    task: "CUT",
    code: "io",
    headline: "no object a/#.dat",
    input: "in/2",
    count: 2,
    first: "1",
    last: "3",
  });
  const [entry] = await Array.fromAsync(readReports(queue));
  const group = entry && groupKey(entry);
  expect((await selectReports(queue, { group })).map(({ id }) => id)).toEqual(["1", "3"]);
  expect(groups.map(({ task: name, headline, count }) => `${count} ${name} ${headline}`).toSorted()).toEqual([
    "1 CUT timeout after # s at #, attempt #",
    "1 PASTE no object a/#.dat",
    "1 undefined junk",
    "2 CUT no object a/#.dat",
  ]);
});
