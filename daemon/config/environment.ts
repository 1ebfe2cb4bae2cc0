import { layerOfWords, type Layer, type SettingName } from "./layers.ts";

/** The names that SimpleTasks' start-up script exports, and ours for what it does not know. */
export const environmentNames = {
  task_queue: "TASK_QUEUE",
  error_queue: "ERROR_QUEUE",
  done_queue: "DONE_QUEUE",
  bucket: "BUCKET_NAME",
  cache: "CACHE_DIRECTORY",
  poll_seconds: "POLL_FREQUENCY_SECONDS",
  engines: "SIMPLETASKS_ENGINES",
  workers: "SIMPLETASKS_WORKERS",
  isolation: "SIMPLETASKS_ISOLATION",
  lease_seconds: "SIMPLETASKS_LEASE_SECONDS",
  attempts: "SIMPLETASKS_ATTEMPTS",
  max_deliveries: "SIMPLETASKS_MAX_DELIVERIES",
  cache_bytes: "SIMPLETASKS_CACHE_BYTES",
  report_days: "SIMPLETASKS_REPORT_DAYS",
} as const satisfies Record<SettingName, string>;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says. @throws `config_invalid` naming the variable. */
export function environmentLayer(environment: Environment, base: string): Layer {
  const words = Object.fromEntries(
    Object.entries(environmentNames).map(([name, variable]) => [name, environment[variable]]),
  );
  return layerOfWords(words, base, (name) => ({ kind: "environment", variable: environmentNames[name] }));
}
