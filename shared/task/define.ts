import type { StandardSchemaV1 } from "@standard-schema/spec";
import { SimpleTasksError } from "../errors.ts";
import { describe } from "./document-fields.ts";
import type { ExecuteResult, TaskDefinition } from "./task-type.ts";

/** What marks a task type across copies of this library: a task file may have been loaded with another one. */
const brand: unique symbol = Symbol.for("simpletasks.taskType");

/** Code registered under a name: the author's definition with its defaults filled in. Made by {@link defineTask}, frozen. */
export type TaskType<
  Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  Prepared = unknown,
  Result extends ExecuteResult = ExecuteResult,
> = Readonly<TaskDefinition<Schema, Prepared, Result>> & {
  readonly fetch: boolean;
  readonly environment: readonly string[];
  readonly [brand]: true;
};

/**
 * Defines a task type; a task file exports it as its default.
 *
 * ```ts
 * export default defineTask({
 *   name: "COUNT_LINES",
 *   payload: z.object({ skipBlank: z.boolean() }),
 *   async execute(task, datasource, { inputs }) {
 *     …
 *     return { success: true, outputs: { "counts.json": JSON.stringify(counts) } };
 *   },
 * });
 * ```
 *
 * What `payload` makes of `payload_info` is `task.payload`; what `prepare` returns is `context.prepared` in `execute` and `finalize`.
 *
 * @throws `task_type_invalid` naming the property that is unknown, of a wrong type or out of its range.
 */
export function defineTask<
  Schema extends StandardSchemaV1 | undefined = undefined,
  Prepared = undefined,
  Result extends ExecuteResult = void,
>(definition: TaskDefinition<Schema, Prepared, Result>): TaskType<Schema, Prepared, Result> {
  validate(definition);
  return Object.freeze({
    ...definition,
    fetch: definition.fetch ?? true,
    environment: Object.freeze([...(definition.environment ?? [])]),
    [brand]: true as const,
  });
}

/** Whether {@link defineTask} made this, in this or another copy of the library. */
export function isTaskType(value: unknown): value is TaskType {
  return typeof value === "object" && value !== null && Object.hasOwn(value, brand);
}

/** Timers cannot be set to more: 2^31 − 1 ms. */
const longestTimeout = 2_147_483;

/** What each property must be, and whether a value is that. */
const rules: Readonly<
  Record<
    keyof TaskDefinition<undefined, unknown, ExecuteResult>,
    readonly [must: string, (value: unknown) => boolean]
  >
> = {
  name: ["a text that is not blank", (value) => typeof value === "string" && value.trim() !== ""],
  payload: ["a schema of the Standard Schema kind, such as z.object({…})", isSchema],
  prepare: ["a function", isFunction],
  execute: ["a function", isFunction],
  finalize: ["a function", isFunction],
  concurrency: ["a whole number of tasks, 1 or more", isCount],
  timeout: [
    `a number of seconds above 0, at most ${longestTimeout}`,
    (value) => typeof value === "number" && value > 0 && value <= longestTimeout,
  ],
  memory: ["a whole number of bytes, 1 or more", isCount],
  fetch: ["true or false", (value) => typeof value === "boolean"],
  environment: ["a list of names of environment variables", isNameList],
};

function validate(definition: unknown): void {
  if (typeof definition !== "object" || definition === null) {
    throw invalid(`defineTask takes an object with a name, not ${describe(definition)}`);
  }
  const properties = new Map<string, unknown>(Object.entries(definition));
  const name = properties.get("name");
  const who =
    typeof name === "string" && name.trim() !== "" ? `Task type ${JSON.stringify(name)}` : "The task type";
  if (name === undefined)
    throw invalid("The task type has no name", 'Give it one: defineTask({ name: "COUNT_LINES", … }).');
  const known = new Map(Object.entries(rules));
  for (const [property, value] of properties) {
    const rule = known.get(property);
    if (rule === undefined) {
      throw invalid(
        `${who} has an unknown property ${JSON.stringify(property)}`,
        `Known are: ${[...known.keys()].join(", ")}.`,
      );
    }
    const [must, holds] = rule;
    if (value !== undefined && !holds(value))
      throw invalid(`${who}: ${property} must be ${must}, not ${describe(value)}`);
  }
}

function invalid(message: string, hint?: string): SimpleTasksError {
  return new SimpleTasksError("task_type_invalid", message, hint === undefined ? {} : { hint });
}

/** Some libraries' schemas are functions. */
function isSchema(value: unknown): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || !("~standard" in value))
    return false;
  const standard = value["~standard"];
  return (
    typeof standard === "object" &&
    standard !== null &&
    "validate" in standard &&
    isFunction(standard.validate)
  );
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/** A name holds neither `=` nor NUL, nor is it empty; the rest is the operating system's affair. */
function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && /^[^=\0]+$/.test(name));
}
