import assert from "node:assert/strict";
import { test } from "node:test";
import { runTask } from "simpletasks/testing";
import summarize from "./summarize.task.ts";

test("sums up the column that the payload names", async () => {
  const { outputs } = await runTask(summarize, {
    inputs: { "0_input/oslo.csv": "day,celsius\n1,-4\n2,\n3,1\n" },
    payload: { column: "celsius", decimals: 1 },
  });
  assert.deepEqual(outputs["1_summary/oslo.json"]?.json(), { count: 2, least: -4, greatest: 1, mean: -1.5 });
});

test("a column that is not there fails the task and names those that are", async () => {
  const task = { inputs: { "oslo.csv": "day,celsius\n1,-4\n" }, payload: { column: "kelvin" } };
  await assert.rejects(runTask(summarize, task), /no column "kelvin", only day,celsius/);
});

test("a payload that is not what the schema says is refused", async () => {
  await assert.rejects(runTask(summarize, { payload: { column: 7 } }), { code: "payload_invalid" });
});
