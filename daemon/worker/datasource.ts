import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { concurrently } from "../../shared/datasource/concurrently.ts";
import type {
  Datasource,
  DatasourceGetOptions,
  DatasourcePutOptions,
  PutValue,
} from "../../shared/datasource/datasource.ts";
import { SimpleTasksError } from "../../shared/errors.ts";
import {
  type DatasourceReply,
  type DatasourceRequest,
  LARGEST_SENT_VALUE,
  MOST_STAGED,
  receiveError,
  type SentValue,
} from "../../shared/daemon/workers/datasource-calls.ts";
import type { WorkerReport } from "../../shared/daemon/workers/messages.ts";

/** Most bytes of values that one call carries; the rest goes through files. */
const LARGEST_CALL = 1024 * 1024;

interface Waiting {
  resolve(paths: readonly string[]): void;
  reject(error: unknown): void;
}

/** The calls that wait for the daemon's answer, of all attempts. */
export interface DatasourceCalls {
  perform(
    attemptId: number,
    request: DatasourceRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]>;
  onReply(reply: DatasourceReply): void;
}

export function createDatasourceCalls(report: (report: WorkerReport) => void): DatasourceCalls {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  return {
    perform(attemptId, request, signal) {
      if (signal?.aborted) return Promise.reject(aborted(signal));
      const callId = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
      const onAbort = (): void => {
        if (!waiting.delete(callId)) return;
        report({
          kind: "call",
          callId: ++lastId,
          attemptId,
          request: { method: "abandon", of: callId },
        });
        reject(aborted(signal));
      };
      waiting.set(callId, { resolve, reject });
      report({ kind: "call", callId, attemptId, request });
      if (signal === undefined) return promise;
      signal.addEventListener("abort", onAbort);
      return promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    onReply(reply) {
      const call = waiting.get(reply.callId);
      waiting.delete(reply.callId);
      if ("error" in reply) call?.reject(receiveError(reply.error));
      else call?.resolve(reply.paths);
    },
  };
}

function aborted(signal: AbortSignal | undefined): SimpleTasksError {
  return new SimpleTasksError("aborted", "The datasource call was aborted", { cause: signal?.reason });
}

/** The datasource of one attempt, as user code sees it: every call goes to the daemon. */
export class WorkerDatasource implements Datasource {
  readonly #attemptId: number;
  readonly #calls: DatasourceCalls;
  /** Calls that user code has made and the daemon not answered. */
  readonly #open = new Set<Promise<unknown>>();
  /** The last change that was asked for, of each key whose change is not answered. */
  readonly #changing = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(attemptId: number, calls: DatasourceCalls) {
    this.#attemptId = attemptId;
    this.#calls = calls;
  }

  get(key: string, options?: DatasourceGetOptions): Promise<string>;
  get(keys: readonly string[], options?: DatasourceGetOptions): Promise<string[]>;
  get(key: string | readonly string[], options: DatasourceGetOptions = {}): Promise<string | string[]> {
    return this.#track(async () => {
      const keys = typeof key === "string" ? [key] : [...key];
      const { overrideCache = false, onlyCache = false, signal } = options;
      const paths = await this.#perform({ method: "get", keys, overrideCache, onlyCache }, signal);
      return typeof key === "string" ? (paths[0] ?? "") : [...paths];
    });
  }

  put(key: string, value: PutValue, options?: DatasourcePutOptions): Promise<void>;
  put(values: Readonly<Record<string, PutValue>>, options?: DatasourcePutOptions): Promise<void>;
  put(
    first: string | Readonly<Record<string, PutValue>>,
    second?: PutValue | DatasourcePutOptions,
    third?: DatasourcePutOptions,
  ): Promise<void> {
    const [values, options] =
      typeof first === "string"
        ? [[[first, second as PutValue] as const], third]
        : [Object.entries(first), second as DatasourcePutOptions | undefined];
    const change = async (): Promise<void> => {
      const sent = await this.#sendable(values, options?.signal);
      await this.#perform(
        { method: "put", values: sent, onlyCache: options?.onlyCache ?? false },
        options?.signal,
      );
    };
    return this.#track(() =>
      this.#inTurn(
        values.map(([key]) => key),
        change,
      ),
    );
  }

  delete(
    key: string | readonly string[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    return this.#track(async () => {
      const keys = typeof key === "string" ? [key] : [...key];
      await this.#inTurn(keys, () => this.#perform({ method: "delete", keys }, options.signal));
    });
  }

  /** Resolves when the calls that user code did not wait for are answered; from then on calls are refused. */
  async close(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
    this.#closed = true;
  }

  /**
   * Changes of one key are made one after the other, for some take a longer way (a large value through a file): of those
   * that user code did not wait for, the one asked for last holds.
   */
  async #inTurn(keys: readonly string[], change: () => Promise<unknown>): Promise<void> {
    const before = keys.flatMap((key) => this.#changing.get(key) ?? []);
    const made = before.length === 0 ? change() : Promise.allSettled(before).then(change);
    for (const key of keys) this.#changing.set(key, made);
    try {
      await made;
    } finally {
      for (const key of keys) if (this.#changing.get(key) === made) this.#changing.delete(key);
    }
  }

  #track<Result>(call: () => Promise<Result>): Promise<Result> {
    const promise = call();
    const over = (): void => void this.#open.delete(promise);
    this.#open.add(promise);
    promise.then(over, over);
    // A promise of its own: a failure that user code does not handle is still seen as unhandled.
    return promise.then((result) => result);
  }

  async #perform(request: DatasourceRequest, signal: AbortSignal | undefined): Promise<readonly string[]> {
    if (this.#closed)
      throw new SimpleTasksError("closed", "The attempt is over: its datasource can no longer be used");
    return this.#calls.perform(this.#attemptId, request, signal);
  }

  /** Large values are written to files that the daemon takes over without copying them. */
  async #sendable(
    values: readonly (readonly [string, PutValue])[],
    signal: AbortSignal | undefined,
  ): Promise<[string, SentValue][]> {
    const sent: [string, SentValue][] = [];
    const large: { readonly place: number; readonly key: string; readonly value: string | Uint8Array }[] = [];
    let bytes = 0;
    for (const [place, [key, value]] of values.entries()) {
      if (typeof value === "object" && "file" in value) {
        sent.push([key, { file: resolve(value.file) }]);
        continue;
      }
      if (typeof value !== "string" && !(value instanceof Uint8Array)) {
        throw new TypeError(`The value for ${JSON.stringify(key)} must be a text, bytes or {file}`);
      }
      const size = typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
      if (size <= LARGEST_SENT_VALUE && bytes + size <= LARGEST_CALL) bytes += size;
      else {
        large.push({ place, key, value });
        sent.push([key, ""]);
        continue;
      }
      sent.push([key, typeof value === "string" ? value : { base64: Buffer.from(value).toString("base64") }]);
    }
    const paths: string[] = [];
    while (paths.length < large.length) {
      const count = Math.min(MOST_STAGED, large.length - paths.length);
      paths.push(...(await this.#perform({ method: "stage", count }, signal)));
    }
    await concurrently([...large.entries()], signal, async ([index, { place, key, value }]) => {
      const staged = paths[index];
      if (staged === undefined) throw new SimpleTasksError("internal", "The daemon gave no path to write to");
      await writeFile(staged, value, { flag: "wx" });
      sent[place] = [key, { staged }];
    });
    return sent;
  }
}
