import assert from "node:assert/strict";
import { test } from "node:test";
import { runTask } from "simpletasks/testing";
import countBySize from "./count-by-size.task.ts";

test("counts sizes between the thresholds, in whatever order they are given", async () => {
  const { outputs } = await runTask(countBySize, {
    inputs: { "sizes.txt": "5\n15\n16\n99\n" },
    payload: { id: "all", thresholds: [20, 10] },
  });
  assert.deepEqual(outputs["1_counts/all.json"]?.json(), [1, 2, 1]);
});
