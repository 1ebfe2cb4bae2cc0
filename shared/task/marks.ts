import { describe } from "./document-fields.ts";
import { isJsonObject, type JsonValue } from "./json.ts";

/** The top-level key under which a task document carries what SimpleTasks itself notes down. */
export const marksKey = "simpletasks";

/** What is read from there. */
export interface Marks {
  /** The batch that the task was scheduled with. */
  readonly batch: string | undefined;
  /** Its place in that batch, from 0. */
  readonly position: number | undefined;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** How often it was moved back from the error queue. */
  readonly redrives: number;
}

const unmarked: Marks = { batch: undefined, position: undefined, attempts: 0, redrives: 0 };
const nothing: readonly string[] = [];

/**
 * Reads the marks of a document. A mark of a wrong type or range is worth nothing: it is ignored, and told in
 * `warnings`. Keys that are not known here are somebody else's and stay untold.
 */
export function readMarks(value: JsonValue | undefined): { marks: Marks; warnings: readonly string[] } {
  if (value === undefined) return { marks: unmarked, warnings: nothing };
  if (!isJsonObject(value)) return { marks: unmarked, warnings: [ignored(marksKey, "an object", value)] };
  const warnings: string[] = [];
  const text = (key: string): string | undefined => {
    const found = value[key];
    if (found === undefined || (typeof found === "string" && found.trim() !== "")) return found;
    warnings.push(ignored(`${marksKey}.${key}`, "a text that is not blank", found));
    return undefined;
  };
  const count = (key: string): number | undefined => {
    const found = value[key];
    if (found === undefined || (typeof found === "number" && Number.isSafeInteger(found) && found >= 0))
      return found;
    warnings.push(ignored(`${marksKey}.${key}`, "a whole number from 0", found));
    return undefined;
  };
  const marks: Marks = {
    batch: text("batch"),
    position: count("position"),
    attempts: count("attempts") ?? 0,
    redrives: count("redrives") ?? 0,
  };
  return { marks, warnings };
}

function ignored(field: string, must: string, found: JsonValue): string {
  return `${field} is ignored: it must be ${must}, not ${describe(found)}`;
}
