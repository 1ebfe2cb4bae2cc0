import { bar } from "../format.ts";
import type { Terminal } from "../terminal.ts";

/** Shows how far each stage of the demo is: a bar on a screen, elsewhere a line now and then. */
export interface Stages {
  /** Runs a stage of `total` steps; `work` calls `done` with how many of them are done. */
  run<Result>(
    name: string,
    total: number,
    work: (done: (count: number) => void) => Promise<Result>,
  ): Promise<Result>;
}

/** How often a stage says where it is, where there is no screen, in milliseconds. */
const lineInterval = 1000;

export function openStages(terminal: Terminal, now: () => number = () => performance.now()): Stages {
  return {
    async run(name, total, work) {
      const started = now();
      let told = started;
      const label = name.padEnd(10);
      terminal.status(`${label}${bar(0)}`);
      const result = await work((count) => {
        terminal.status(`${label}${bar(count / total)} ${count} of ${total}`);
        if (terminal.showsStatus || now() - told < lineInterval) return;
        told = now();
        terminal.tell(`${label}${count} of ${total}`);
      });
      terminal.tell(
        `${label}${total} of ${total}  ${terminal.errorStyle("dim", `${((now() - started) / 1000).toFixed(1)} s`)}`,
      );
      return result;
    },
  };
}
