import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { emptyTask, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

it("shows queues, places, and where each setting came from", async () => {
  writeFileSync(folder.file("simpletasks.json"), '{"profiles": {"mine": {\n"bucket": "data"}}}');
  await folder.run(["schedule", "-"], { input: emptyTask(1) });
  const { code, out } = await folder.run(["status", "--cache", "c"], {
    environment: { ERROR_QUEUE: "broken" },
  });
  expect(code).toBe(0);
  expect(out).toMatch(/task queue +sqlite:.*queue=tasks\n/);
  expect(out).toMatch(/error queue +sqlite:.*queue=broken +\$ERROR_QUEUE/);
  expect(out).toMatch(/bucket +file:.*\/buckets\/data +.*simpletasks\.json:2/);
  expect(out).toMatch(/cache +.*\/c +--cache/);
  expect(out).toMatch(/reports kept +14 days\n/);
  expect(out).toMatch(/logs +\/.*\/\.local\/state\/simpletasks\/logs\/[^/]+-[0-9a-f]{8}\n/);
  expect(out).toMatch(/task queue +1 visible, 0 leased, 0 delayed/);
});

it("shows numbers with their thousands", async () => {
  const lines = Array.from({ length: 1200 }, (_, id) => emptyTask(id)).join("\n");
  await folder.run(["queue", "send", "tasks", "-"], { input: lines });
  expect((await folder.run(["status"])).out).toMatch(/task queue +1,200 visible, 0 leased, 0 delayed/);
});

it("gives the same to programs", async () => {
  const { out } = await folder.run(["status", "--json", "--done-queue", "none"]);
  expect(JSON.parse(out)).toMatchObject({
    workspace: folder.path,
    engines: "local",
    origins: { done_queue: "--done-queue", bucket: "default" },
    queues: { task_queue: { visible: 0, leased: 0, delayed: 0 }, done_queue: { url: null } },
  });
});

it("a queue that cannot be looked into is told beside the others", async () => {
  writeFileSync(folder.file("bad.db"), "no database at all".repeat(500));
  const { code, out } = await folder.run(["status", "--error-queue", "sqlite:bad.db"]);
  expect(code).toBe(1);
  expect(out).toMatch(/error queue +.*bad\.db/);
  expect(out).toMatch(/done queue +empty/);
});

it("has colours on a screen alone", async () => {
  const { out } = await folder.run(["status"], { environment: { FORCE_COLOR: "1" } });
  expect(out).not.toContain("\u001b");
});
