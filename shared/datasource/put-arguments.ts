import type { DatasourcePutOptions, PutValue } from "./datasource.ts";

type SinglePut = [key: string, value: PutValue, options?: DatasourcePutOptions | undefined];
type ManyPuts = [values: Readonly<Record<string, PutValue>>, options?: DatasourcePutOptions | undefined];

/** The two ways to call `Datasource.put`. */
export type PutArguments = SinglePut | ManyPuts;

export interface PutRequest extends DatasourcePutOptions {
  readonly entries: readonly (readonly [key: string, value: PutValue])[];
}

/** Either way, as one list of keys with their values. */
export function readPut(given: PutArguments): PutRequest {
  if (isSingle(given)) {
    const [key, value, options] = given;
    return { ...options, entries: [[key, value]] };
  }
  const [values, options] = given;
  return { ...options, entries: Object.entries(values) };
}

function isSingle(given: PutArguments): given is SinglePut {
  return typeof given[0] === "string";
}
