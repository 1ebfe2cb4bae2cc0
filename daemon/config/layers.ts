import { SimpleTasksError } from "../../shared/errors.ts";
import { nearestWord } from "../../shared/nearest-word.ts";
import { describeRange, parseNumber, ranges, type NumberSetting } from "./ranges.ts";
import { engineNames, isolationNames, type Engines, type Isolation } from "./workspace-schema.ts";

/** Where a setting's value came from. */
export type Origin =
  | { readonly kind: "flag"; readonly flag: string }
  /** A word of the classic positional form, by its name there. */
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  | { readonly kind: "default" };

/** For a sentence: "--bucket", "BUCKET_NAME", "simpletasks.json:7". */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "flag":
      return origin.flag;
    case "word":
      return origin.word;
    case "environment":
      return `$${origin.variable}`;
    case "file":
      return `${origin.file}:${origin.line}`;
    case "default":
      return "default";
  }
}

/** A value as it was given. */
export interface Given<Value> {
  readonly value: Value;
  readonly origin: Origin;
  /** The folder that a path in it is relative to. */
  readonly base: string;
}

export type TextSetting = "task_queue" | "error_queue" | "done_queue" | "bucket" | "cache";
export type SettingName = TextSetting | NumberSetting | "engines" | "isolation";

/** What one source says: flags, words, environment or file. */
export type Layer = { readonly [Name in TextSetting]?: Given<string> | undefined } & {
  readonly [Name in NumberSetting]?: Given<number> | undefined;
} & { readonly engines?: Given<Engines> | undefined; readonly isolation?: Given<Isolation> | undefined };

/**
 * A layer of settings given as words. An empty word counts as not given.
 * @throws `config_invalid` naming where the wrong word stands.
 */
export function layerOfWords(
  words: { readonly [Name in SettingName]?: string | undefined },
  base: string,
  originOf: (name: SettingName) => Origin,
): Layer {
  return {
    task_queue: read("task_queue", (word) => word),
    error_queue: read("error_queue", (word) => word),
    done_queue: read("done_queue", (word) => word),
    bucket: read("bucket", (word) => word),
    cache: read("cache", (word) => word),
    engines: read("engines", oneOf(engineNames)),
    isolation: read("isolation", oneOf(isolationNames)),
    workers: readNumber("workers"),
    lease_seconds: readNumber("lease_seconds"),
    attempts: readNumber("attempts"),
    max_deliveries: readNumber("max_deliveries"),
    poll_seconds: readNumber("poll_seconds"),
    cache_bytes: readNumber("cache_bytes"),
    report_days: readNumber("report_days"),
  };

  function read<Value>(
    name: SettingName,
    parse: (word: string, origin: Origin) => Value,
  ): Given<Value> | undefined {
    const word = words[name];
    if (word === undefined || word === "") return undefined;
    const origin = originOf(name);
    return { value: parse(word, origin), origin, base };
  }

  function readNumber(name: NumberSetting): Given<number> | undefined {
    return read(name, (word, origin) => {
      const value = parseNumber(word, ranges[name]);
      if (value !== undefined) return value;
      throw new SimpleTasksError(
        "config_invalid",
        `${describeOrigin(origin)} must be ${describeRange(ranges[name])}, not "${word}"`,
      );
    });
  }
}

function oneOf<Name extends string>(names: readonly Name[]) {
  return (word: string, origin: Origin): Name => {
    const found = names.find((name) => name === word);
    if (found !== undefined) return found;
    const near = nearestWord(word, names);
    throw new SimpleTasksError(
      "config_invalid",
      `${describeOrigin(origin)} must be one of ${names.join(", ")}, not "${word}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    );
  };
}
