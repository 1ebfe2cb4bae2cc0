// What the parts do on this machine, as medians of several rounds.
//
//   npm run bench [-- [--only NAME]… [--quick] [--rounds N] [--dir DIR] [--json FILE] [--update FILE]]
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { createCallsScenario } from "./scenarios/calls.ts";
import { createCostScenario } from "./scenarios/cost.ts";
import { createDaemonScenarios } from "./scenarios/daemon.ts";
import { createHelpScenario } from "./scenarios/help.ts";
import { createLatencyScenario } from "./scenarios/latency.ts";
import { createPrefetchScenario } from "./scenarios/prefetch.ts";
import { createQueueScenarios } from "./scenarios/queue.ts";
import { createRunnerScenario } from "./scenarios/runner.ts";
import { describeMachine } from "./machine.ts";
import { asLines, asMarkdown, loadLine, machineLine, type Report } from "./present.ts";
import { openRoom } from "./room.ts";
import { measureRounds, type Result } from "./rounds.ts";
import type { Scenario } from "./scenario.ts";

const usage = `Measures this machine: npm run bench [-- OPTIONS]

  --only NAME    only the scenarios whose names begin so; may be repeated
  --quick        a tenth of the work, 3 rounds instead of 5
  --rounds N     how many rounds
  --dir DIR      where queues, buckets and caches lie while it runs (default: ${os.tmpdir()})
  --json FILE    writes everything as JSON; "-" is standard output, and the tables go to standard error
  --update FILE  puts all tables between the lines <!-- bench --> and <!-- /bench --> of a Markdown file
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    dir: { type: "string", default: os.tmpdir() },
    json: { type: "string" },
    update: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const scale = values.quick ? 0.1 : 1;
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
if (!Number.isInteger(rounds) || rounds < 1)
  refuse(`--rounds takes a whole number of 1 or more, not ${values.rounds}`);

const all: readonly Scenario[] = [
  ...createQueueScenarios(scale),
  createRunnerScenario(scale),
  ...createDaemonScenarios(scale),
  createLatencyScenario(scale),
  createPrefetchScenario(scale),
  createHelpScenario(scale),
  createCostScenario(scale),
  createCallsScenario(scale),
];
for (const wanted of values.only) {
  if (!all.some(({ name }) => name.startsWith(wanted)))
    refuse(`No scenario is named like ${wanted}. There are: ${all.map(({ name }) => name).join(", ")}`);
}
const chosen = all.filter(
  ({ name }) => values.only.length === 0 || values.only.some((wanted) => name.startsWith(wanted)),
);
if (values.update !== undefined && values.only.length > 0)
  refuse("--update writes all tables: leave --only out");
const say = (text: string): void => void (values.json === "-" ? process.stderr : process.stdout).write(text);

const room = openRoom(values.dir);
const machine = describeMachine(room.directory);
say(`${machineLine(machine)}\n${loadLine(machine)}; median of ${rounds} rounds (least … most)\n\n`);
const results: Result[] = [];
for (const scenario of chosen) {
  const result = await measureRounds(scenario, rounds, room);
  results.push(result);
  say(`${asLines(result)}\n`);
}
const report: Report = { machine, settings: { rounds, quick: values.quick }, results };
if (values.json === "-") process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
else if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.update !== undefined) update(values.update, asMarkdown(report));

function update(file: string, markdown: string): void {
  const text = readFileSync(file, "utf8");
  const [begin, end] = ["<!-- bench -->", "<!-- /bench -->"];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from)
    refuse(`${file} has no place for the tables: a line ${begin} and a line ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${markdown}\n\n${text.slice(to)}`);
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}
