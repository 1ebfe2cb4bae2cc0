import { createHash } from "node:crypto";
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const dataset = "demo/bucket/datasets/noop_dataset";

describe("the demo", () => {
  it("runs the main job with everything under its directory, and nothing of the environment", async () => {
    const environment = { TASK_QUEUE: "real-work", BUCKET_NAME: "real-data", NO_COLOR: "1" };
    const { code, out, err } = await folder.run(["demo", "--dir", "demo"], { environment });
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining("compare   10 of 10") });
    expect(out).toMatch(/^tasks +9 done, 0 failed$/m);
    expect(out).toMatch(/^outputs +10 of 10 equal/m);
    expect(out).toMatch(/^cache hits +8 of 18 inputs/m);
    expect(out).toContain(folder.file("demo", "cache"));
    expect(readdirSync(folder.path)).toEqual(["demo"]);
    expect(readdirSync(folder.file("demo"))).toEqual(
      expect.arrayContaining(["bucket", "cache", "queue.db", "daemon.log"]),
    );
  });

  it("makes SimpleTasks' own files and tasks", async () => {
    const text = readFileSync(folder.file(dataset, "0_input", "3.dat"), "utf8");
    const expected = Array.from({ length: 1_000_001 }, (_, index) => `${3_000_000 + index}\n`).join("");
    expect(text === expected).toBe(true);
    await using done = await openQueue("sqlite:demo/queue.db?queue=tasks-done", {
      baseDirectory: folder.path,
    });
    const reports = (await done.peek?.({ max: 100 })) ?? [];
    const tasks = reports.map(({ body }) => /"basic_info":\{.*?\},"payload_info":"[^"]*"/.exec(body)?.[0]);
    expect(tasks.toSorted()[4]).toBe(
      '"basic_info":{"id":4,"name":"NO_OP","base_directory":"datasets/noop_dataset","inputs":["0_input/4.dat","0_input/5.dat"]},"payload_info":"NoOp Task for 4:5"',
    );
    expect(tasks).toHaveLength(9);
  });

  it("runs again in the same directory, on outputs made anew", async () => {
    truncateSync(folder.file(dataset, "0_output", "2.dat"), 100);
    const { code, out } = await folder.run(["demo", "--dir", "demo", "--json"]);
    expect({ code, told: JSON.parse(out) }).toMatchObject({
      code: 0,
      told: { succeeded: 9, failed: 0, wrong: [] },
    });
    const digest = (kind: string): string =>
      createHash("sha256")
        .update(readFileSync(folder.file(dataset, kind, "2.dat")))
        .digest("hex");
    expect(digest("0_output")).toBe(digest("0_input"));
  });
});
