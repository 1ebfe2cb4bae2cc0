import type * as library from "../../shared/library.ts";

/** What is measured is what ships: the library as it was built, with its threads and workers. */
export const { createDaemon, openBucket, openCache, openDatasource, openQueue, schedule }: typeof library =
  await import(new URL("../../dist/library.mjs", import.meta.url).href);
