import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();
const run = promisify(execFile);

/** Runs a program that has `open(queue)`, to its own end. */
async function runProgram(
  file: string,
  source: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const module = new URL("../../../../shared/queue/sqlite/open.ts", import.meta.url).href;
  const program = `import { openSqliteQueue } from ${JSON.stringify(module)};
    const open = (queue) => openSqliteQueue({ file: ${JSON.stringify(file)}, queue });
    ${source}`;
  return run(process.execPath, ["--input-type=module", "--eval", program]);
}

test("an open queue alone keeps no process alive, and no warning reaches stderr", async () => {
  const { stdout, stderr } = await runProgram(
    path.join(directory, "open.db"),
    `const queue = await open("a"); await queue.send([{ body: "a" }]); console.log(JSON.stringify(await queue.stats()));`,
  );
  expect(stdout).toBe('{"visible":1,"leased":0,"delayed":0}\n');
  expect(stderr).toBe("");
});

test("what is asked keeps the process alive until it is answered", async () => {
  const { stdout } = await runProgram(
    path.join(directory, "asked.db"),
    `const queue = await open("a"); await queue.send([{ body: "a", delaySeconds: 0.3 }]);
     void queue.receive({ max: 1, waitSeconds: 60, leaseSeconds: 60 }).then(([message]) => console.log(message.body));`,
  );
  expect(stdout).toBe("a\n");
});

test("closing lets what was asked before come to its end, and closes the file", async () => {
  const file = path.join(directory, "closing.db");
  const queue = await openSqliteQueue({ file, queue: "a" });
  const sending = Array.from({ length: 20 }, (_, index) => queue.send([{ body: `message ${index}` }]));
  await queue[Symbol.asyncDispose]();
  expect((await Promise.all(sending)).flat().every(({ sent }) => sent)).toBe(true);

  const [one, other] = await Promise.all([
    openSqliteQueue({ file, queue: "a" }),
    openSqliteQueue({ file, queue: "b" }),
  ]);
  await other[Symbol.asyncDispose]();
  expect(await one.stats()).toMatchObject({ visible: 20 });
  await one[Symbol.asyncDispose]();
});
