import { describe, expect, test } from "vitest";
import { createResources } from "../../shared/resources.ts";

describe("an owner of resources", () => {
  test("closes them in reverse order, all of them, and throws the first failure", async () => {
    const closed: string[] = [];
    const resources = createResources();
    const opened = resources.use({ [Symbol.asyncDispose]: async () => void closed.push("opened first") });
    resources.defer(() => {
      closed.push("failing");
      throw new Error("it does not close");
    });
    resources.defer(() => void closed.push("deferred last"));
    expect(opened).toBeDefined();
    await expect(resources[Symbol.asyncDispose]()).rejects.toThrow("it does not close");
    expect(closed).toEqual(["deferred last", "failing", "opened first"]);
  });
});
