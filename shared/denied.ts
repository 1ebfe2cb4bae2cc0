import { statSync } from "node:fs";
import path from "node:path";

/** The folder on the way to a place that this process may not enter; undefined when it may enter them all. */
export function deniedFolder(place: string): string | undefined {
  for (let folder = path.resolve(place); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      statSync(folder);
      return undefined;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EACCES")) continue;
      const above = path.dirname(folder);
      if (isSeen(above)) return above;
    }
  }
  return undefined;
}

function isSeen(folder: string): boolean {
  try {
    statSync(folder);
    return true;
  } catch {
    return false;
  }
}
