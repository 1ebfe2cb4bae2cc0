import { fileURLToPath } from "node:url";
import type { Room } from "../room.ts";
import type { Scenario } from "../scenario.ts";
import { median } from "../statistics.ts";

const program = fileURLToPath(new URL("../../../dist/cli.mjs", import.meta.url));

export function createHelpScenario(scale: number): Scenario {
  const starts = Math.max(5, 20 * scale);
  return {
    name: "help",
    settings: `\`simpletasks --help\` as it was built, from its start to its end, and beside it a Node that does nothing: the median of ${starts} starts each.`,
    async measure(room) {
      const help: number[] = [];
      const bare: number[] = [];
      for (let start = 0; start < starts; start += 1) {
        help.push(await timed(room, [program, "--help"]));
        bare.push(await timed(room, ["--eval", ""]));
      }
      return [
        { name: "simpletasks --help", value: median(help), unit: "ms", target: { below: 100 } },
        { name: "node --eval ''", value: median(bare), unit: "ms" },
      ];
    },
  };
}

async function timed(room: Room, words: readonly string[]): Promise<number> {
  const start = performance.now();
  await room.run(process.execPath, words);
  return performance.now() - start;
}
