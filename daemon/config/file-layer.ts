import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";
import type { Given, Layer } from "./layers.ts";
import { suggestion } from "../../shared/nearest-word.ts";
import type { WorkspaceFile } from "./workspace-file.ts";

/** What `simpletasks.json` says, with one of its profiles. */
export function fileLayer(file: WorkspaceFile, profileName: string | undefined): Layer {
  const base = path.dirname(file.path);
  const profile = profileName === undefined ? {} : (file.contents.profiles?.[profileName] ?? {});
  const daemon = file.contents.daemon ?? {};
  const inProfile = given(["profiles", profileName ?? ""]);
  const inDaemon = given(["daemon"]);
  return {
    task_queue: inProfile("task_queue", profile.task_queue),
    error_queue: inProfile("error_queue", profile.error_queue),
    done_queue: inProfile("done_queue", profile.done_queue),
    bucket: inProfile("bucket", profile.bucket),
    cache: inProfile("cache", profile.cache),
    engines: inProfile("engines", profile.engines),
    workers: inDaemon("workers", daemon.workers),
    lease_seconds: inDaemon("lease_seconds", daemon.lease_seconds),
    attempts: inDaemon("attempts", daemon.attempts),
    max_deliveries: inDaemon("max_deliveries", daemon.max_deliveries),
    poll_seconds: inDaemon("poll_seconds", daemon.poll_seconds),
    cache_bytes: inDaemon("cache_bytes", daemon.cache_bytes),
    report_days: inDaemon("report_days", daemon.report_days),
  };

  function given(place: readonly string[]) {
    return <Value>(key: string, value: Value | undefined): Given<Value> | undefined =>
      value === undefined
        ? undefined
        : { value, base, origin: { kind: "file", file: file.path, line: file.lineOf([...place, key]) } };
  }
}

/**
 * The profile that counts: the one asked for, else the file's `profile`, else the only one, else `local`.
 * @throws `config_invalid` when it does not exist, or when several are there and none is named.
 */
export function chooseProfile(
  file: WorkspaceFile | undefined,
  asked: string | undefined,
): string | undefined {
  const names = Object.keys(file?.contents.profiles ?? {});
  if (asked !== undefined && asked !== "") {
    if (names.includes(asked)) return asked;
    throw new SimpleTasksError(
      "config_invalid",
      `there is no profile "${asked}" in ${file?.path ?? "any simpletasks.json here or above"}${suggestion(asked, names)}`,
    );
  }
  const named = file?.contents.profile;
  if (named !== undefined) return named;
  if (names.length <= 1 || names.includes("local"))
    return names.length === 1 ? names[0] : names.find((name) => name === "local");
  throw new SimpleTasksError("config_invalid", `${file?.path} has several profiles and names none`, {
    hint: `Choose with --profile, or add "profile": one of ${names.join(", ")}.`,
  });
}
