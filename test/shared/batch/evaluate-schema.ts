type Schema = Readonly<Record<string, unknown>>;

/** Whether a value is as a JSON schema (draft 7) has it. Knows the words that our schemas use, and refuses all others. */
export function accepts(root: unknown, value: unknown): boolean {
  return evaluate(schemaOf(root), value, schemaOf(root));
}

function evaluate(schema: Schema, value: unknown, root: Schema): boolean {
  const holds = (other: unknown, part: unknown = value): boolean => evaluate(schemaOf(other), part, root);
  return Object.entries(schema).every(([word, given]) => {
    switch (word) {
      case "$schema":
      case "description":
      case "definitions":
      case "then":
      case "else":
        return true;
      case "$ref":
        return holds(
          String(given)
            .slice(2)
            .split("/")
            .reduce<unknown>((from, key) => schemaOf(from)[key], root),
        );
      case "if": {
        const next = schema[holds(given) ? "then" : "else"];
        return next === undefined || holds(next);
      }
      case "anyOf":
        return list(given).some((one) => holds(one));
      case "type":
        return isOfType(value, String(given));
      case "required":
        return !isObject(value) || list(given).every((key) => Object.hasOwn(value, String(key)));
      case "properties":
        return (
          !isObject(value) ||
          Object.entries(schemaOf(given)).every(([key, one]) => !(key in value) || holds(one, value[key]))
        );
      case "additionalProperties":
        if (!isObject(value)) return true;
        return Object.keys(value)
          .filter((key) => !(key in schemaOf(schema["properties"] ?? {})))
          .every((key) => (typeof given === "boolean" ? given : holds(given, value[key])));
      case "propertyNames":
        return !isObject(value) || Object.keys(value).every((key) => holds(given, key));
      case "items":
        return !Array.isArray(value) || value.every((item: unknown) => holds(given, item));
      case "minItems":
        return !Array.isArray(value) || value.length >= Number(given);
      case "maxItems":
        return !Array.isArray(value) || value.length <= Number(given);
      case "pattern":
        return typeof value !== "string" || new RegExp(String(given)).test(value);
      case "multipleOf":
        return typeof value !== "number" || Number.isInteger(value / Number(given));
      case "minimum":
        return typeof value !== "number" || value >= Number(given);
      case "maximum":
        return typeof value !== "number" || value <= Number(given);
      default:
        throw new Error(`the word ${word} is not known here`);
    }
  });
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function schemaOf(value: unknown): Schema {
  if (!isObject(value)) throw new TypeError("a schema is an object");
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("a list is needed here");
  return value;
}
