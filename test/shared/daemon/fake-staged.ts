import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PutValue } from "../../../shared/datasource/datasource.ts";
import type { StagedDatasource } from "../../../shared/datasource/staged.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";

export interface FakeStaged extends StagedDatasource {
  readonly objects: Map<string, Buffer>;
  /** What was called, in order: `get a`, `put b`, `stage c`. */
  readonly calls: string[];
}

/** A datasource of one attempt over a map. Files that it gives out, and staging paths, lie in a directory of its own. */
export async function openFakeStaged(objects: Readonly<Record<string, string>> = {}): Promise<FakeStaged> {
  const directory = await mkdtemp(join(tmpdir(), "simpletasks-fake-"));
  const stored = new Map(Object.entries(objects).map(([key, text]) => [key, Buffer.from(text)]));
  const staged = new Set<string>();
  const calls: string[] = [];
  let files = 0;
  const newPath = (): string => join(directory, `${++files}`);

  async function fetch(key: string): Promise<string> {
    calls.push(`get ${key}`);
    const bytes = stored.get(key);
    if (bytes === undefined)
      throw new SimpleTasksError("object_missing", `There is no ${key}`, {
        hint: "Put it first.",
        about: { key },
      });
    const path = newPath();
    await writeFile(path, bytes);
    return path;
  }

  async function store(key: string, value: PutValue): Promise<void> {
    calls.push(`put ${key}`);
    staged.add(key);
    if (typeof value === "object" && "file" in value) {
      const path = newPath();
      await copyFile(value.file, path);
      stored.set(key, await readFile(path));
    } else stored.set(key, Buffer.from(value as string));
  }

  function get(key: string): Promise<string>;
  function get(keys: readonly string[]): Promise<string[]>;
  function get(key: string | readonly string[]): Promise<string | string[]> {
    return typeof key === "string" ? fetch(key) : Promise.all(key.map(fetch));
  }

  async function put(first: string | Readonly<Record<string, PutValue>>, second?: unknown): Promise<void> {
    if (typeof first === "string") await store(first, second as PutValue);
    else await Promise.all(Object.entries(first).map(([key, value]) => store(key, value)));
  }

  return {
    objects: stored,
    calls,
    get,
    put,
    async delete(keys) {
      for (const key of [keys].flat()) {
        calls.push(`delete ${key}`);
        stored.delete(key);
      }
    },
    newStagingPath: async () => newPath(),
    stageFile(key, path) {
      calls.push(`stage ${key}`);
      staged.add(key);
      if (existsSync(path)) stored.set(key, readFileSync(path));
    },
    get stagedKeys() {
      return [...staged];
    },
    commit: async () => {},
    discard: async () => {},
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** For attempts that never use it. */
export const unusedDatasource: StagedDatasource = {
  get: refuse,
  put: refuse,
  delete: refuse,
  newStagingPath: refuse,
  stageFile() {},
  stagedKeys: [],
  commit: async () => {},
  discard: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

function refuse(): Promise<never> {
  return Promise.reject(new Error("This attempt uses no datasource."));
}
