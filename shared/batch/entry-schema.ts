import { z } from "zod";

const range = z
  .array(z.int("must be a whole number within ±(2^53 − 1)"), "must be a list of two or three whole numbers")
  .min(2, "must be a list of two or three whole numbers")
  .max(3, "must be a list of two or three whole numbers")
  .describe(
    "[FIRST, LAST] or [FIRST, LAST, STEP]: whole numbers, FIRST and LAST included. STEP is 1 unless it is given; a negative one counts down.",
  );

const values = z
  .array(z.unknown(), "must be a list")
  .min(1, "must hold a value")
  .describe("The values themselves: any JSON.");

const glob = notBlank(
  "Keys of the bucket that match, relative to base_directory, in order: * any letters but a slash, ** any number of folders, ? one letter, [a-z] or [!a-z] one of a set, {a,b} either, \\ before a letter that is meant as it is. Such a variable has the parts ${name.dir}, ${name.name}, ${name.stem} and ${name.ext}.",
);

/** What a variable of a template may take its values from; each has one of these keys. */
export const variableSchemas = {
  range: z.strictObject({ range }),
  values: z.strictObject({ values }),
  glob: z.strictObject({ glob }),
} as const;

/** A variable's name. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const forEach = z
  .record(
    z.string().regex(variableName, "must be a name: letters, digits and _, a digit not first"),
    z.union([variableSchemas.range, variableSchemas.values, variableSchemas.glob]),
    "must be an object of variables by name",
  )
  .describe(
    "Makes a template of the entry: one task for each combination of the variables' values, the first variable changing slowest. ${name}, ${name+1} and ${name-1} are filled in in base_directory, inputs, payload and id; a text that is only ${name} becomes the value itself; $${ is ${.",
  );

const taskName = notBlank("The task type's name. NO_OP is built in; it copies the inputs to 0_output.");
const baseDirectory = notBlank(
  "The key of the folder in the bucket that inputs and outputs are relative to.",
);
const inputs = z
  .array(z.string("must be a text"), "must be a list of texts")
  .describe("Keys of the files that the task reads, relative to base_directory. May be empty.");
const idForm = "must be a whole number of 64 bits or its decimal text";
const idDescription = "A whole number of 64 bits, or its decimal text.";

function id(text: RegExp, description: string) {
  return z
    .union([z.number().multipleOf(1, idForm), z.string().regex(text, idForm)], idForm)
    .describe(description);
}

const payload = z
  .unknown()
  .describe("What the task type's execute gets: any JSON that its schema accepts. Default: null.");

/** One task in short, or, with `for_each`, a template of many. */
export const entrySchema = z
  .strictObject(
    {
      $schema: z
        .string("must be a text")
        .optional()
        .describe("Where the JSON schema of this file lies, for editors. It is not sent."),
      task: taskName,
      base_directory: baseDirectory,
      inputs: inputs.optional(),
      payload: payload.optional(),
      id: id(
        /^[+-]?\d+$|\$\{/,
        `${idDescription} Default: the task's place in the batch, from 0.`,
      ).optional(),
      for_each: forEach.optional(),
    },
    "must be an object",
  )
  .describe("One task, or, with for_each, a template of many.");

export type EntryContents = z.infer<typeof entrySchema>;

/** A task document as it lies in a queue. What is no key of it is kept and passed on. */
export const documentSchema = z
  .looseObject({
    basic_info: z
      .looseObject({
        id: id(/^[+-]?\d+$/, `${idDescription} Default: -1.`).optional(),
        name: taskName,
        base_directory: baseDirectory,
        inputs,
      })
      .describe("What every task has."),
    payload_info: payload,
  })
  .describe("A whole task document, as it lies in a queue; it is sent as it is written.");

function notBlank(description: string) {
  return z
    .string("must be a text that is not blank")
    .regex(/\S/, "must be a text that is not blank")
    .describe(description);
}
