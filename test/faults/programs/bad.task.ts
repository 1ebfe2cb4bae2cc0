import { closeSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineTask, z, type Datasource, type TaskResult } from "simpletasks";

/** Copies its first input; what it gets there shows whether another task has changed it. */
export const good = defineTask({
  name: "GOOD",
  async execute(task, _datasource, { inputs }) {
    const text = await readFile(inputs[0]?.path ?? "", "utf8");
    return { success: true, outputs: { [`0_output/${task.id}.txt`]: text } };
  },
});

/** Writes to its input through every path that it can get, then ends well. */
export const scribbles = defineTask({
  name: "SCRIBBLES",
  async execute(task, datasource, { inputs }) {
    const input = inputs[0];
    if (input === undefined) throw new Error("it takes an input");
    await appendFile(input.path, "scribbled");
    await appendFile(await datasource.get(input.key), "scribbled");
    return { success: true, outputs: { [`0_output/${task.id}.txt`]: "scribbled" } };
  },
});

/** What a task of the type MISBEHAVES does, once it has begun and left something everywhere. */
const misdeeds = {
  throws() {
    throw new Error("made to fail");
  },
  exits() {
    process.exit(3);
  },
  async isKilled() {
    process.kill(process.pid, "SIGKILL");
    await forever();
  },
  floods() {
    for (let line = 1; line <= 200_000; line += 1) console.log(`line ${line}`);
    throw new Error("flooded its log");
  },
  throwsNoError() {
    throw { reason: "no Error" };
  },
  throwsNothing() {
    throw undefined;
  },
  throwsWhatCannotBeShown() {
    throw Object.create(null);
  },
  throwsLong() {
    throw new Error("x".repeat(20_000_000));
  },
  throwsItself() {
    const error = new Error("its own cause");
    error.cause = error;
    throw error;
  },
  throwsStrangely() {
    throw Object.assign(new Error("its message is replaced"), { message: { no: "text" }, name: 7 });
  },
  async throwsElsewhere() {
    setImmediate(() => {
      throw new Error("nobody catches this");
    });
    await forever();
  },
  async rejectsElsewhere() {
    void Promise.reject(new Error("nobody handles this"));
    await forever();
  },
  recursesForEver() {
    const recurse = (): number => recurse() + 1;
    recurse();
  },
  closesItsOutput() {
    closeSync(1);
    console.log("lost");
  },
  returnsNumber: () => 5,
  returnsNoSuccess: () => ({ outputs: {} }),
  returnsWrongOutput: () => ({ success: true, outputs: { "bad/wrong.txt": 5 } }),
  returnsEscapingOutput: () => ({ success: true, outputs: { "../../escaped.txt": "x" } }),
  returnsFailure: () => ({ success: false, outputs: { "bad/failure.txt": "x" }, message: "it says so" }),
  putsEscaping: (datasource) => datasource.put("../escaped.txt", "x"),
  putsReserved: (datasource) => datasource.put("_simpletasks/messages/tasks/1", "x"),
  getsReserved: (datasource) => datasource.get("_simpletasks/messages/tasks/1"),
  getsMissing: (datasource) => datasource.get("set/nothing.dat"),
} satisfies Record<string, (datasource: Datasource) => unknown>;

export type Misdeed = keyof typeof misdeeds;

export const misbehaves = defineTask({
  name: "MISBEHAVES",
  payload: z.object({ how: z.custom<Misdeed>((how) => typeof how === "string" && how in misdeeds) }),
  async execute(task, datasource, { inputs, scratch, log }) {
    await leaveTraces(datasource, scratch, inputs[0]?.path);
    log.info(`about to misbehave: ${task.payload.how}`);
    const misdeed: (datasource: Datasource) => unknown = misdeeds[task.payload.how];
    // Whatever comes back is handed on, as code without types would.
    return (await misdeed(datasource)) as TaskResult;
  },
});

export const hangs = defineTask({
  name: "HANGS",
  timeout: 0.5,
  async execute(_task, datasource, { inputs, scratch, log }) {
    await leaveTraces(datasource, scratch, inputs[0]?.path);
    log.info("about to hang");
    await forever();
  },
});

export const computesForEver = defineTask({
  name: "COMPUTES_FOR_EVER",
  timeout: 0.5,
  async execute(_task, datasource, { inputs, scratch, log }) {
    await leaveTraces(datasource, scratch, inputs[0]?.path);
    log.info("about to compute");
    for (;;);
  },
});

export const hoardsMemory = defineTask({
  name: "HOARDS_MEMORY",
  memory: 300 * 2 ** 20,
  async execute(_task, datasource, { inputs, scratch, log }) {
    await leaveTraces(datasource, scratch, inputs[0]?.path);
    log.info("about to hoard");
    const hoard = Buffer.alloc(400 * 2 ** 20, 1);
    await forever();
    return { success: hoard.length === 0 };
  },
});

/** Something in each place that must be empty again after a failure: staged puts small and large, scratch, the input. */
async function leaveTraces(
  datasource: Datasource,
  scratch: string,
  input: string | undefined,
): Promise<void> {
  await datasource.put({ "set/bad/small.txt": "half", "set/bad/large.txt": "half".repeat(1_000_000) });
  await writeFile(join(scratch, "left.txt"), "left behind");
  if (input !== undefined) await appendFile(input, "scribbled");
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
