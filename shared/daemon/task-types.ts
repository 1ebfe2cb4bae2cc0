import { SimpleTasksError } from "../errors.ts";
import type { Runner, TaskTypeDescription } from "./runner.ts";

/** A task type that this daemon runs, and what runs it. */
export interface RegisteredType extends TaskTypeDescription {
  readonly runner: Runner;
}

/**
 * Starts the runners and gathers their task types by name.
 * @throws `task_type_invalid` when two of them have one name, or one cannot be loaded.
 */
export async function startTaskTypes(
  runners: readonly Runner[],
): Promise<ReadonlyMap<string, RegisteredType>> {
  const types = new Map<string, RegisteredType>();
  const described = await Promise.all(
    runners.map(async (runner) => ({ runner, descriptions: await runner.start() })),
  );
  for (const { runner, descriptions } of described) {
    for (const description of descriptions) {
      const other = types.get(description.name);
      if (other !== undefined) {
        throw new SimpleTasksError(
          "task_type_invalid",
          `Two task types are named ${description.name}: ${place(other)} and ${place(description)}`,
          { hint: "Give one of them another name." },
        );
      }
      types.set(description.name, { ...description, runner });
    }
  }
  return types;
}

function place(description: TaskTypeDescription): string {
  return description.file ?? "one registered in code";
}
