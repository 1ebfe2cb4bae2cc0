/** What programs need to find each other, a place for files, and the person's language. No name of these holds a secret. */
const EVERYWHERE = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "TMP",
  "TEMP",
];

/** Without these, programs on Windows do not start. Names are compared without regard to case there. */
const ON_WINDOWS = [
  "APPDATA",
  "COMSPEC",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "NUMBER_OF_PROCESSORS",
  "PATHEXT",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMDATA",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "USERNAME",
  "USERPROFILE",
  "WINDIR",
];

/**
 * The environment of worker processes, and so of the programs that tasks start: `PATH HOME USER LOGNAME SHELL LANG
 * LANGUAGE LC_* TZ TMPDIR TMP TEMP` (on Windows also what programs need there to start), and the names that task types list.
 *
 * Everything else stays with the daemon: credentials (`AWS_*`, `GOOGLE_*`, tokens) and what changes how Node runs (`NODE_OPTIONS`).
 * A worker runs every task type, so it sees the names that any of them lists. What this does not shut off: files that
 * hold credentials, and a cloud machine's metadata service.
 */
export function workerEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  listed: Iterable<string>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const fold = (name: string): string => (platform === "win32" ? name.toUpperCase() : name);
  const allowed = new Set([...EVERYWHERE, ...(platform === "win32" ? ON_WINDOWS : []), ...listed].map(fold));
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (allowed.has(fold(name)) || fold(name).startsWith("LC_")))
      environment[name] = value;
  }
  return environment;
}
