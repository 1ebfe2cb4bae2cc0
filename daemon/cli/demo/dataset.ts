import type { Bucket } from "../../../shared/bucket/bucket.ts";
import type { TaskDraft } from "../../../shared/task/document.ts";

const baseDirectory = "datasets/noop_dataset";
const fileCount = 10;
const numbersPerFile = 1_000_000;

/** The dataset of SimpleTasks' own example: file i holds the numbers i·1000000 … (i + 1)·1000000, one a line. */
export const dataset = {
  names: Array.from({ length: fileCount }, (_, index) => `${index}.dat`),
  inputKey: (name: string): string => `${baseDirectory}/0_input/${name}`,
  outputKey: (name: string): string => `${baseDirectory}/0_output/${name}`,
};

/** Task i copies the files i and i + 1. */
export const demoTasks: readonly TaskDraft[] = Array.from({ length: fileCount - 1 }, (_, index) => ({
  id: index,
  name: "NO_OP",
  baseDirectory,
  inputs: [`0_input/${index}.dat`, `0_input/${index + 1}.dat`],
  payload: `NoOp Task for ${index}:${index + 1}`,
}));

/**
 * Puts the input files that are not there, and removes outputs of an earlier run, so that what is there afterwards is new.
 * @returns the bytes of all inputs together
 */
export async function makeInputs(
  bucket: Bucket,
  onFile: (made: number) => void,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0;
  for (const [index, name] of dataset.names.entries()) {
    const expected = byteLength(index);
    const present = await bucket.head(dataset.inputKey(name), { signal });
    if (present?.bytes !== expected) {
      await bucket.put(dataset.inputKey(name), { stream: contents(index) }, { signal });
    }
    await bucket.delete(dataset.outputKey(name), { signal });
    bytes += expected;
    onFile(index + 1);
  }
  return bytes;
}

/** Whether the output of that name holds what its input holds, byte for byte. */
export async function outputIsRight(bucket: Bucket, name: string, signal: AbortSignal): Promise<boolean> {
  if ((await bucket.head(dataset.outputKey(name), { signal })) === undefined) return false;
  const input = await bucket.get(dataset.inputKey(name), { signal });
  const output = await bucket.get(dataset.outputKey(name), { signal });
  return await sameBytes(input.body, output.body);
}

async function* contents(index: number): AsyncGenerator<Uint8Array, void, undefined> {
  const first = index * numbersPerFile;
  const step = 20_000;
  for (let start = first; start <= first + numbersPerFile; start += step) {
    let text = "";
    const end = Math.min(start + step, first + numbersPerFile + 1);
    for (let number = start; number < end; number += 1) text += `${number}\n`;
    yield Buffer.from(text);
  }
}

function byteLength(index: number): number {
  let bytes = 0;
  const first = index * numbersPerFile;
  for (let number = first; number <= first + numbersPerFile; number += 1) bytes += String(number).length + 1;
  return bytes;
}

/** Two streams may cut the same bytes into different chunks. */
async function sameBytes(
  left: AsyncIterable<Uint8Array>,
  right: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const others = right[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  try {
    for await (let chunk of left) {
      while (chunk.length > 0) {
        if (rest.length === 0) {
          const next = await others.next();
          if (next.done === true) return false;
          rest = next.value;
        }
        const length = Math.min(chunk.length, rest.length);
        if (Buffer.compare(chunk.subarray(0, length), rest.subarray(0, length)) !== 0) return false;
        chunk = chunk.subarray(length);
        rest = rest.subarray(length);
      }
    }
    while (rest.length === 0) {
      const next = await others.next();
      if (next.done === true) return true;
      rest = next.value;
    }
    return false;
  } finally {
    await others.return?.();
  }
}
