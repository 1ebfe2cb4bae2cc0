/** What the program's exit code says; the help page shows the same. */
export const exitCodes = {
  /** Done. A daemon is done also when tasks failed: they are reported. */
  done: 0,
  /** It could not be done, or not all of it; what and why stands on standard error. */
  failed: 1,
  /** Wrong words, a mistake in the configuration, or a Node that is too old: nothing was begun. */
  usage: 2,
  /** Stopped by Ctrl-C or SIGTERM: 128 + the signal's number, as shells have it. A daemon that stops so exits with 0. */
  interrupted: 130,
  terminated: 143,
} as const;

export const exitCodesHelp = `Exit codes:
  0    done; of a daemon also when tasks ended in the error queue: its summary counts them
  1    it could not be done, or not all of it: standard error says what and why
  2    wrong words or a mistake in the configuration: nothing was begun
  130  stopped by Ctrl-C (143: by SIGTERM); a daemon that is stopped so exits with 0`;
