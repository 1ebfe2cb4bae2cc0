import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TypeReader } from "../../../shared/daemon/type-reader/type-reader.ts";
import { checkBatch, type BatchCheck } from "../../../shared/batch/check-batch.ts";
import { readBatch, type Batch } from "../../../shared/batch/read-batch.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";

/** A folder in which texts become batch files. */
export interface Files extends Disposable {
  readonly folder: string;
  /** Reads a text as a batch file of that name. */
  batch(text: string | Uint8Array, options?: BatchOptions): Batch;
}

export interface BatchOptions {
  /** Default: batch.tasks.json. */
  readonly name?: string;
  readonly bucket?: Bucket;
  readonly signal?: AbortSignal;
}

export function makeFiles(): Files {
  const folder = mkdtempSync(path.join(os.tmpdir(), "simpletasks-batch-"));
  return {
    folder,
    batch(text, { name = "batch.tasks.json", bucket = createMemoryBucket(), signal = never } = {}) {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return readBatch(file, { name, bucket: async () => bucket, signal });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The messages of all tasks; throws at the first mistake. */
export async function messagesOf(batch: Batch): Promise<string[]> {
  const messages: string[] = [];
  for await (const entry of batch.entries()) {
    if (entry.kind === "wrong") throw entry.mistakes[0];
    for (let index = 0; index < entry.count; index += 1) messages.push(entry.task(index).message);
  }
  return messages;
}

/** The texts of all mistakes in the entries, and of what ends the reading. */
export async function mistakesIn(batch: Batch): Promise<string[]> {
  try {
    const { mistakes } = await check(batch);
    return mistakes.map(({ message }) => message);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Checks a batch as one that knows the types NO_OP and GROW, whose payload has a number `by`. */
export function check(batch: Batch, options: { readonly allowUnknown?: boolean } = {}): Promise<BatchCheck> {
  return checkBatch(batch, { types, allowUnknown: false, signal: never, ...options });
}

const never = new AbortController().signal;

const types: Pick<TypeReader, "types" | "check"> = {
  async types() {
    const names = ["NO_OP", "GROW"];
    return {
      types: names.map((name) => ({ name, file: undefined, payloadSchema: undefined })),
      failures: [],
    };
  },
  async check(tasks) {
    return tasks.map(({ name, payload }) => {
      if (name === "NO_OP") return { kind: "fine" };
      if (name !== "GROW") return { kind: "unknown_type" };
      const value: unknown = JSON.parse(payload);
      const by = typeof value === "object" && value !== null && "by" in value ? value.by : undefined;
      if (typeof by === "number") return { kind: "fine" };
      return { kind: "invalid", problems: [{ path: ["by"], message: "expected a number" }] };
    });
  },
};
