import { z } from "zod";
import { documentSchema, entrySchema } from "../../../shared/batch/entry-schema.ts";

/**
 * The JSON schema of batch files for editors, in draft 7, which VS Code knows best. What an entry is meant to be is told by
 * its keys, so that a mistake in it is told as such, and not as one of three forms that it fails to be.
 */
export function batchJsonSchema(): unknown {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    description: "Tasks to be scheduled together: a list of them, or a template of many.",
    ...choice({ type: "array" }, { items: { $ref: "#/definitions/entry" } }, { $ref: "#/definitions/entry" }),
    definitions: {
      entry: {
        type: "object",
        ...choice(
          { anyOf: [{ required: ["basic_info"] }, { required: ["payload_info"] }] },
          { $ref: "#/definitions/document" },
          { $ref: "#/definitions/task" },
        ),
      },
      document: definition(documentSchema),
      task: definition(entrySchema),
    },
  };
}

function definition(schema: z.ZodType): unknown {
  return { ...z.toJSONSchema(schema, { target: "draft-7" }), $schema: undefined };
}

function choice(condition: unknown, yes: unknown, no: unknown): object {
  // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
  return { if: condition, then: yes, else: no };
}
