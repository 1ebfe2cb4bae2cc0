import { SimpleTasksError } from "../errors.ts";

/** An id as `basic_info` may carry it: an Int64, or its decimal string (which stays a string); -1 when there is none. */
export function checkId(value: unknown): number | bigint | string {
  if (value === undefined) return -1;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (typeof value === "bigint" && isInt64(value)) return value;
  // The digits are counted first: converting a million of them would take its time.
  if (typeof value === "string" && decimal.test(value) && isInt64(BigInt(value))) return value;
  throw unparsable("basic_info.id", "a whole number of 64 bits or its decimal string", value);
}

/** A text that is not blank. */
export function checkText(field: string, value: unknown): string {
  if (typeof value === "string" && notBlank.test(value)) return value;
  throw unparsable(field, "a text that is not blank", value);
}

export function checkInputs(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw unparsable("basic_info.inputs", "a list of texts", value);
  const inputs: readonly unknown[] = value;
  return inputs.map((input, index) => {
    if (typeof input !== "string") throw unparsable(`basic_info.inputs[${index}]`, "a text", input);
    return input;
  });
}

/** The error for a field that is not what it must be; `about.field` names it. */
export function unparsable(field: string, must: string, found: unknown): SimpleTasksError {
  const message =
    found === undefined
      ? `${field} is missing; it must be ${must}`
      : `${field} must be ${must}, not ${describe(found)}`;
  return new SimpleTasksError("task_unparsable", message, {
    about: { field },
    hint: 'A task looks like {"basic_info": {"id": 4, "name": "NO_OP", "base_directory": "datasets/one", "inputs": ["0_input/4.dat"]}, "payload_info": null}.',
  });
}

/** A value in a few words for a person; never longer than a line. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty text" : `the text ${JSON.stringify(shortened(value))}`;
    case "number":
    case "bigint":
      return `the number ${shortened(String(value))}`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `a list of ${value.length}` : "an object";
    case "function":
      return "a function";
    default:
      return String(value);
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** 19 digits are the longest Int64. */
const decimal = /^[+-]?0*\d{1,19}$/;
const notBlank = /\S/;

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
