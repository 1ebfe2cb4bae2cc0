import { isSimpleTasksError, SimpleTasksError } from "../../errors.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import type { JsonSchema } from "../../task/payload-schema.ts";
import type { TaskCheck, TaskToCheck } from "../../task/task-check.ts";
import { taskFilePath } from "../../task/task-file-path.ts";
import { workerEnvironment } from "../workers/environment.ts";
import { inChunks } from "./chunks.ts";
import { type LoadedTypes, type ReadingProcess, startReading } from "./reading-process.ts";

export interface TypeReaderOptions {
  /** Paths or `file:` URLs. */
  readonly taskFiles: readonly (string | URL)[];
  /** The working directory of their code: the daemon's. */
  readonly directory: string;
  /** Of these variables the code sees what every worker sees (`workers/environment.ts`), and no more. Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How long the task files may take to load, in seconds. Default 60. */
  readonly loadSeconds?: number;
  /** How long the schemas may take for one chunk of payloads (200 at most), in seconds. Default 60. */
  readonly checkSeconds?: number;
  /** Takes what the code prints. Default: nobody. */
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface TypeDescription {
  readonly name: string;
  /** The task file, as an absolute path without symbolic links; undefined for a type that is built in. */
  readonly file: string | undefined;
  /** JSON Schema (draft 2020-12) of the payload; undefined where none can be told: then anything goes. */
  readonly payloadSchema: JsonSchema | undefined;
}

/** A task file that does not load, and so none of its types. */
export interface TypeFailure {
  /** As an absolute path. */
  readonly file: string;
  /** Where in that file, from 1, where it is known. A fault may lie in what the file imports; then the message names the place. */
  readonly line: number | undefined;
  /** For a person; names the file. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | undefined;
}

/**
 * Reads task types and checks payloads against their schemas, in a process of its own: task files are code, and code runs
 * where no credentials are.
 *
 * Calls reject with `aborted` once the signal has fired, with `closed` once the reader is disposed of.
 */
export interface TypeReader extends AsyncDisposable {
  /**
   * Every type, the built-in ones first, and the files that do not load: one that hangs or ends the process is a failure
   * like any other, and hides no other file's types.
   * @throws `io` when the system starts no process.
   */
  types(): Promise<{ readonly types: readonly TypeDescription[]; readonly failures: readonly TypeFailure[] }>;
  /**
   * Checks the payloads of tasks: one answer for each, in order. A type whose file does not load is unknown.
   * @throws `task_type_invalid` naming the file, when a schema hangs or ends the process. Later calls throw it again.
   */
  check(tasks: readonly TaskToCheck[]): Promise<readonly TaskCheck[]>;
}

const fine: TaskCheck = { kind: "fine" };
const unknownType: TaskCheck = { kind: "unknown_type" };

/** Starts at once to load the task files. */
export function openTypeReader(options: TypeReaderOptions): TypeReader {
  const { signal, loadSeconds = 60, checkSeconds = 60, log = silentLogger } = options;
  const failures: TypeFailure[] = [];
  let process: ReadingProcess | undefined;
  /** Why nothing more can be read. */
  let end: SimpleTasksError | undefined;
  let line: Promise<unknown> = Promise.resolve();

  const onAbort = (): void =>
    finish(new SimpleTasksError("aborted", "Reading the task types was aborted", { cause: signal?.reason }));
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });

  function finish(reason: SimpleTasksError): void {
    end ??= reason;
    process?.end(end);
  }

  /** Each round leaves out one more file, so there is a last one. */
  async function load(): Promise<LoadedTypes> {
    let files = [...new Set(options.taskFiles.map(taskFilePath))];
    for (;;) {
      if (end !== undefined) throw end;
      process = startReading({
        files,
        directory: options.directory,
        environment: workerEnvironment(options.environment ?? globalThis.process.env, []),
        loadSeconds,
        checkSeconds,
        log,
      });
      try {
        return await process.loaded;
      } catch (error) {
        await process[Symbol.asyncDispose]();
        const { file } = isSimpleTasksError(error, "task_type_invalid") ? error.about : {};
        if (!isSimpleTasksError(error) || typeof file !== "string" || !files.includes(file)) throw error;
        failures.push(failureOf(file, error));
        files = files.filter((other) => other !== file);
      }
    }
  }

  const loading = load();
  // Whoever asks hears of it.
  loading.catch(() => {});

  async function check(tasks: readonly TaskToCheck[]): Promise<readonly TaskCheck[]> {
    const { types } = await loading;
    if (end !== undefined) throw end;
    const hasSchema = new Map(types.map(({ name, checksPayload }) => [name, checksPayload]));
    const checks: TaskCheck[] = tasks.map(({ name }) => (hasSchema.has(name) ? fine : unknownType));
    // What no schema looks at stays in this process.
    const places = [...tasks.keys()].filter((place) => hasSchema.get(tasks[place]?.name ?? "") === true);
    const looked = places.flatMap((place) => tasks[place] ?? []);
    let first = 0;
    for (const chunk of inChunks(looked)) {
      if (end !== undefined) throw end;
      if (process === undefined) throw new SimpleTasksError("internal", "No process reads the task types");
      for (const [index, fault] of await process.check(chunk)) {
        const place = places[first + index];
        if (place !== undefined) checks[place] = fault;
      }
      first += chunk.length;
    }
    return checks;
  }

  return {
    async types() {
      const loaded = await loading;
      if (end !== undefined) throw end;
      return {
        types: loaded.types.map(({ name, file, payloadSchema }) => ({
          name,
          file,
          payloadSchema: payloadSchema as JsonSchema | undefined,
        })),
        failures: [...loaded.failures.map(({ file, error }) => failureOf(file, error)), ...failures],
      };
    },
    check(tasks) {
      const checked = line.then(() => check(tasks));
      line = checked.catch(() => {});
      return checked;
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener("abort", onAbort);
      finish(new SimpleTasksError("closed", "The reader of the task types is closed"));
      await process?.[Symbol.asyncDispose]();
    },
  };
}

function failureOf(
  file: string,
  { message, hint, about }: Pick<SimpleTasksError, "message" | "hint" | "about">,
): TypeFailure {
  const line = about["file"] === file ? about["line"] : undefined;
  return { file, line: typeof line === "number" ? line : undefined, message, hint };
}
