import { basename, join } from "node:path";
import { mkdir } from "node:fs/promises";
import type { Pin } from "../cache/cache.ts";
import type { TaskDatasource } from "../datasource/task-datasource.ts";
import type { Input } from "../task/task-type.ts";
import type { Attempt } from "./attempt.ts";

/** Fetches and pins every input of the attempt, at the same time. All or none: a failure releases the others. */
export async function fetchInputs(attempt: Attempt, datasource: TaskDatasource): Promise<readonly Pin[]> {
  const { signal } = attempt;
  const fetched = await Promise.allSettled(attempt.document.inputKeys.map((key) => datasource.fetch(key, { signal })));
  const pins: Pin[] = [];
  let failure: { readonly reason: unknown } | undefined;
  for (const result of fetched) {
    if (result.status === "fulfilled") pins.push(result.value);
    else failure ??= result;
  }
  if (failure === undefined) return pins;
  for (const pin of pins) pin.release();
  throw failure.reason;
}

/**
 * The attempt's own files of its pinned inputs: copies, so that writing to them changes nothing for others; types
 * that only read are handed the cache's files. In a bucket on this machine each is compared once more, so that a
 * change while the task waited is seen.
 */
export async function ownInputs(attempt: Attempt, datasource: TaskDatasource): Promise<readonly Input[]> {
  const { inputs } = attempt.document;
  const pins = await datasource.refresh(attempt.pins ?? [], attempt.signal);
  attempt.pins = pins;
  if (attempt.type.readsOnly) return pins.map((pin, index) => input(inputs[index] ?? "", pin, pin.path));
  return Promise.all(
    pins.map(async (pin, index) => {
      const name = inputs[index] ?? "";
      const directory = join(datasource.inputsPath(attempt.attemptId), String(index));
      await mkdir(directory, { recursive: true });
      const path = join(directory, basename(pin.key));
      await pin.copyTo(path);
      return input(name, pin, path);
    }),
  );
}

function input(name: string, pin: Pin, path: string): Input {
  return { name, key: pin.key, path, bytes: pin.bytes };
}
