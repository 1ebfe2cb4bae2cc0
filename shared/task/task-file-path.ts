import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute, and, where the file exists, without symbolic links, as Node names modules. */
export function taskFilePath(file: string | URL): string {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  return existsSync(path) ? realpathSync(path) : path;
}
