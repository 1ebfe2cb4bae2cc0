import { describe, expect, it } from "vitest";
import { suggestion } from "../../shared/nearest-word.ts";

describe("a suggestion", () => {
  const words = ["task_queue", "error_queue", "done_queue", "bucket"];

  it.each([
    ["taskQueue", "task_queue"],
    ["TASK-QUEUE", "task_queue"],
    ["error-queue", "error_queue"],
    ["buket", "bucket"],
    ["dnoe_queue", "done_queue"],
    ["error", "error_queue"],
  ])("for %s is %s", (word, right) => {
    expect(suggestion(word, words)).toBe(`; did you mean "${right}"?`);
  });

  it("lists the words when none is near, and says nothing when there are none", () => {
    expect(suggestion("zebra", words)).toBe(` (known: ${words.join(", ")})`);
    expect(suggestion("zebra", [])).toBe("");
  });
});
