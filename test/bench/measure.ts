import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One figure of the benchmark. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Measures once. `scale` shrinks the amount of work (1 is the usual amount). */
  run(scale: number): Promise<number>;
}

/** How many per second `work` did of what it resolves to the number of. */
export async function rate(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const done = await work();
  return (done / (performance.now() - start)) * 1000;
}

/** Calls `work` with a fresh directory, which is removed afterwards. */
export async function inFreshDirectory<Result>(
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "simpletasks-bench-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
