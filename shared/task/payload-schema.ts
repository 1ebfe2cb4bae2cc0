import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { $ZodType } from "zod/v4/core";
import { messageOf, SimpleTasksError } from "../errors.ts";
import type { TaskType } from "./define.ts";
import { jsonPath } from "./json-path.ts";
import type { JsonValue } from "./json.ts";
import type { PayloadOf } from "./task-type.ts";

/** How many of a payload's faults an error names. */
const issuesNamed = 10;

/**
 * A payload as the task type's schema makes it; as it is, when the type has no schema.
 *
 * @param value `payload_info`, parsed
 * @throws `payload_invalid` naming each fault by its path: `payload_info.thresholds[3]: expected number`.
 */
export async function parsePayload<Schema extends StandardSchemaV1 | undefined>(
  type: { readonly name: string; readonly payload?: Schema },
  value: JsonValue,
): Promise<PayloadOf<Schema>>;
export async function parsePayload(
  type: Pick<TaskType, "name" | "payload">,
  value: JsonValue,
): Promise<unknown> {
  if (type.payload === undefined) return value;
  const result = await validate(type.name, type.payload, value);
  if (result.issues === undefined) return result.value;
  const named = result.issues
    .slice(0, issuesNamed)
    .map((issue) => `${jsonPath("payload_info", stepsOf(issue))}: ${issue.message}`);
  if (result.issues.length > issuesNamed) named.push(`and ${result.issues.length - issuesNamed} more`);
  throw new SimpleTasksError(
    "payload_invalid",
    `The payload is not what ${type.name} takes: ${named.join("; ")}`,
    {
      hint: `Correct payload_info, or the payload schema of ${type.name}.`,
    },
  );
}

/** One fault of a payload: the way to it from `payload_info`, and what is wrong there. */
export interface PayloadProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * The faults that the task type's schema finds in a payload, the first ten at most; none when the type has no schema.
 * @throws `payload_invalid` when the schema itself fails.
 */
export async function payloadProblems(
  type: Pick<TaskType, "name" | "payload">,
  value: JsonValue,
): Promise<readonly PayloadProblem[]> {
  if (type.payload === undefined) return [];
  const { issues } = await validate(type.name, type.payload, value);
  return (issues ?? []).slice(0, issuesNamed).map((issue) => ({
    path: stepsOf(issue).map((step) => (typeof step === "symbol" ? String(step) : step)),
    message: issue.message,
  }));
}

async function validate(
  name: string,
  schema: StandardSchemaV1,
  value: JsonValue,
): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await schema["~standard"].validate(value);
  } catch (error) {
    throw new SimpleTasksError(
      "payload_invalid",
      `The schema of ${name} failed on this payload: ${messageOf(error)}`,
      { cause: error, hint: `Let the schema report an issue instead of throwing.` },
    );
  }
}

function stepsOf(issue: StandardSchemaV1.Issue): readonly PropertyKey[] {
  return (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
}

/**
 * JSON Schema (draft 2020-12) of the payload as messages must carry it, before any transformation: by the schema itself
 * where it can, else by the converter of its library. Undefined when the type has no schema or none can be told; then
 * anything goes.
 *
 * @param file the task file, from which a converter installed beside it is looked up
 */
export async function payloadJsonSchema(
  type: Pick<TaskType, "payload">,
  file?: string | URL,
): Promise<JsonSchema | undefined> {
  const schema = type.payload;
  if (schema === undefined) return undefined;
  for (const convert of [byItself, byZod, byValibot]) {
    try {
      const converted = await convert(schema, file);
      // It goes to other processes: only what JSON can carry is an answer.
      if (converted !== undefined) return JSON.parse(JSON.stringify(converted));
    } catch {
      // A schema, or a part of it, that has no form in JSON Schema: the next converter may know one.
    }
  }
  return undefined;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

function byItself(schema: StandardSchemaV1): JsonSchema | undefined {
  return offersJsonSchema(schema)
    ? schema["~standard"].jsonSchema.input({ target: "draft-2020-12" })
    : undefined;
}

function offersJsonSchema(schema: StandardSchemaV1): schema is StandardSchemaV1 & StandardJSONSchemaV1 {
  return "jsonSchema" in schema["~standard"];
}

/** zod 4 before it offered the standard way, and schemas of which a part (a Date) has no form: that part allows anything. */
async function byZod(schema: StandardSchemaV1): Promise<JsonSchema | undefined> {
  if (!isZodSchema(schema)) return undefined;
  const { toJSONSchema } = await import("zod/v4/core");
  return toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

function isZodSchema(schema: StandardSchemaV1): schema is StandardSchemaV1 & $ZodType {
  return schema["~standard"].vendor === "zod" && "_zod" in schema;
}

/** valibot leaves this to a package of its own, which the workspace may have. */
async function byValibot(schema: StandardSchemaV1, file?: string | URL): Promise<JsonSchema | undefined> {
  if (schema["~standard"].vendor !== "valibot" || file === undefined) return undefined;
  const path = createRequire(file).resolve("@valibot/to-json-schema");
  const converter: unknown = await import(pathToFileURL(path).href);
  if (!hasConverter(converter)) return undefined;
  return converter.toJsonSchema(schema, { typeMode: "input", errorMode: "ignore", target: "draft-2020-12" });
}

function hasConverter(
  value: unknown,
): value is { toJsonSchema(schema: unknown, options: Readonly<Record<string, string>>): JsonSchema } {
  return (
    typeof value === "object" &&
    value !== null &&
    "toJsonSchema" in value &&
    typeof value.toJsonSchema === "function"
  );
}
