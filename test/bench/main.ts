// What the parts do on this machine, as medians: `npm run bench [-- --quick] [-- --only NAME]`.
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { daemonMeasures } from "./daemon.ts";
import type { Measure } from "./measure.ts";
import { queueMeasures } from "./queue.ts";
import { runnerMeasures } from "./runners.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const scale = values.quick ? 0.1 : 1;
const rounds = values.quick ? 1 : 3;

const all: readonly Measure[] = [...queueMeasures, ...runnerMeasures, ...daemonMeasures];
const chosen = all.filter(({ name }) => name.includes(values.only ?? ""));
if (chosen.length === 0) {
  console.error(
    `No measure is named like ${values.only}. There are:\n${all.map(({ name }) => `  ${name}`).join("\n")}`,
  );
  process.exit(2);
}
console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown processor"}; ` +
    `median of ${rounds}${values.quick ? ", small (--quick)" : ""}\n`,
);
for (const measure of chosen) {
  const results: number[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await measure.run(scale));
  const median = results.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0;
  console.log(
    `${measure.name.padEnd(52)} ${Math.round(median).toLocaleString("en").padStart(10)} ${measure.unit}`,
  );
}
