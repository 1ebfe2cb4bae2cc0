import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { asSimpleTasksError, SimpleTasksError } from "../errors.ts";
import { isTaskType, type TaskType } from "./define.ts";
import { loadError } from "./load-error.ts";
import { noOp } from "./no-op.ts";
import { resolveForTaskFiles } from "./resolve.ts";
import { taskFilePath } from "./task-file-path.ts";

export interface LoadedTaskType {
  readonly type: TaskType;
  /** The task file, as an absolute path. */
  readonly file: string;
}

/**
 * Loads task files, one after the other, TypeScript as it is, and gives the task types that they export: by default or by name, one or several.
 * Their code runs: call this only where user code may run.
 *
 * @param files paths or `file:` URLs
 * @throws `task_type_invalid` naming the file, the line where there is one, what is wrong and the way out; not with `onFailure`.
 */
export async function loadTaskFiles(
  files: readonly (string | URL)[],
  { onFile, onFailure }: LoadEvents = {},
): Promise<readonly LoadedTaskType[]> {
  const paths = [...new Set(files.map(taskFilePath))];
  resolveForTaskFiles(paths.map((path) => pathToFileURL(path).href));
  const loaded = new Map<string, LoadedTaskType>();
  for (const file of paths) {
    onFile?.(file);
    try {
      const own = new Map<string, LoadedTaskType>();
      for (const type of await typesOf(file)) {
        const other = own.get(type.name) ?? loaded.get(type.name);
        if (other !== undefined) throw sameName(type.name, file, other.file);
        if (type.name === noOp.name) throw sameName(type.name, file);
        own.set(type.name, { type, file });
      }
      for (const [name, type] of own) loaded.set(name, type);
    } catch (error) {
      if (onFailure === undefined) throw error;
      onFailure(file, asSimpleTasksError(error, "task_type_invalid"));
    }
  }
  return [...loaded.values()];
}

/** What is told while task files load, each by its path as {@link taskFilePath} gives it. */
export interface LoadEvents {
  /** The code of this file runs next. */
  readonly onFile?: (file: string) => void;
  /** The file cannot be loaded and is left out, with all of its types. */
  readonly onFailure?: (file: string, error: SimpleTasksError) => void;
}

async function typesOf(file: string): Promise<ReadonlySet<TaskType>> {
  if (!existsSync(file)) {
    throw new SimpleTasksError("task_type_invalid", `The task file ${file} does not exist`, {
      about: { file },
    });
  }
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (error) {
    throw loadError(file, error);
  }
  // One task type may be exported under two names.
  const types = new Set(Object.values(exported).filter(isTaskType));
  if (types.size > 0) return types;
  const names = Object.keys(exported);
  throw new SimpleTasksError(
    "task_type_invalid",
    `${file} exports no task type${names.length === 0 ? "" : `, only ${names.join(", ")}`}`,
    { hint: 'Write: export default defineTask({ name: "…", … })', about: { file } },
  );
}

function sameName(name: string, file: string, other?: string): SimpleTasksError {
  const message =
    other === undefined
      ? `${file} names a task type ${name}, which is built in`
      : `Two task types are named ${name}: in ${other} and in ${file}`;
  return new SimpleTasksError("task_type_invalid", message, {
    hint: "Choose another name: messages find their task type by it.",
    about: { file },
  });
}
