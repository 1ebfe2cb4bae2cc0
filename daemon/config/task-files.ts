import { glob } from "node:fs/promises";
import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";
import { describeOrigin } from "./layers.ts";
import type { Settings } from "./settings.ts";

/**
 * The task files that the settings name, absolute, each once, in order of their paths.
 * @throws `config_invalid` when a path that is no pattern names no file.
 */
export async function findTaskFiles({
  workspace,
  tasks,
  taskOrigins,
}: Pick<Settings, "workspace" | "tasks" | "taskOrigins">): Promise<string[]> {
  const found = new Set<string>();
  for (const [index, pattern] of tasks.entries()) {
    const before = found.size;
    for await (const match of glob(pattern, {
      cwd: workspace,
      exclude: ["**/node_modules/**", ".simpletasks/**"],
    })) {
      found.add(path.resolve(workspace, match));
    }
    if (found.size === before && !/[*?[\]{}]/.test(pattern) && !found.has(path.resolve(workspace, pattern))) {
      const origin = taskOrigins[index];
      throw new SimpleTasksError(
        "config_invalid",
        `${origin === undefined ? "tasks" : describeOrigin(origin)}: there is no task file ${pattern}`,
        { hint: `Paths in tasks are relative to ${workspace}; *, ** and ? make patterns.` },
      );
    }
  }
  return [...found].toSorted();
}
