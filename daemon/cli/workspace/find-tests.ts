import { glob, stat } from "node:fs/promises";
import path from "node:path";
import { SimpleTasksError } from "../../../shared/errors.ts";

/**
 * The test files to run, absolute: those that are named, else every `*.test.ts` below `directory`, in order of their
 * paths, without what is installed and what is the workspace's own state.
 * @throws `usage` when one that is named is not there, or there is none.
 */
export async function findTests(
  named: readonly string[],
  { directory, currentDirectory }: { readonly directory: string; readonly currentDirectory: string },
): Promise<string[]> {
  if (named.length > 0) {
    const files = named.map((name) => path.resolve(currentDirectory, name));
    for (const [index, file] of files.entries()) {
      const found = await stat(file).catch(() => undefined);
      if (found?.isFile() !== true)
        throw new SimpleTasksError("usage", `there is no test file ${named[index]}`);
    }
    return files;
  }
  const exclude = ["**/node_modules/**", "**/.simpletasks/**"];
  const found = await Array.fromAsync(glob("**/*.test.ts", { cwd: directory, exclude }));
  if (found.length > 0) return found.map((name) => path.join(directory, name)).toSorted();
  throw new SimpleTasksError("usage", `there are no tests in ${directory}`, {
    hint: "Tests lie in files named *.test.ts; simpletasks init in an empty folder shows one.",
  });
}
