import { isBusy, type Machine } from "./machine.ts";
import type { Figure, Result } from "./rounds.ts";
import { reaches, type Target } from "./scenario.ts";

/** What was measured, on what and how: what `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly settings: { readonly rounds: number; readonly quick: boolean };
  readonly results: readonly Result[];
}

/** A scenario's figures as lines for a terminal. */
export function asLines({ scenario, settings, figures, missing }: Result): string {
  const lines = [`${scenario}: ${settings}`];
  if (missing !== undefined) lines.push(`  NOT MEASURED ${missing}`);
  for (const figure of figures) {
    const value = `${number(figure.median)} ${figure.unit}`;
    const target = figure.target === undefined ? "" : `  ${verdict(figure, figure.target)}`;
    lines.push(
      `  ${figure.name.padEnd(46)} ${value.padStart(22)}  ${spread(figure).padEnd(22)}${target}`.trimEnd(),
    );
  }
  return `${lines.join("\n")}\n`;
}

export function machineLine(machine: Machine): string {
  return (
    `${machine.processors} × ${machine.processor}, ${machine.memoryGiB} GiB, ${machine.disk}, ${machine.system}, ` +
    `Node ${machine.node}, SimpleTasks ${machine.version}`
  );
}

export function loadLine(machine: Machine): string {
  const load = `load average ${machine.load.toFixed(2)} before it began`;
  return isBusy(machine) ? `${load}: the machine was busy, and figures are lower than on a quiet one` : load;
}

/** Everything as Markdown, without a title. */
export function asMarkdown({ machine, settings, results }: Report): string {
  const rounds = `Medians of ${settings.rounds} rounds${settings.quick ? " of a tenth of the usual work (`--quick`)" : ""}`;
  const parts = [
    `${rounds}, with the least and the most in parentheses; ${machine.startedAt.slice(0, 10)}, ${loadLine(machine)}.`,
    machineLine(machine),
  ];
  for (const { scenario, settings: words, figures, missing } of results) {
    parts.push(`**${scenario}**: ${words}`);
    if (missing !== undefined) parts.push(`Not measured: ${missing}.`);
    else parts.push(table(figures));
  }
  return parts.join("\n\n");
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const target = figure.target === undefined ? "" : verdict(figure, figure.target);
    return `| ${figure.name} | ${number(figure.median)} ${figure.unit} | ${spread(figure)} | ${target} |`;
  });
  return ["| | median | spread | target |", "|---|---|---|---|", ...rows].join("\n");
}

function verdict(figure: Figure, target: Target): string {
  return `${targetWords(target)} ${reaches(figure.median, target) ? "reached" : "MISSED"}`;
}

function targetWords(target: Target): string {
  if ("atLeast" in target) return `≥ ${number(target.atLeast)}`;
  return "atMost" in target ? `≤ ${number(target.atMost)}` : `< ${number(target.below)}`;
}

function spread({ least, most, rounds }: Figure): string {
  return rounds.length < 2 ? "" : `(${number(least)} … ${number(most)})`;
}

/** Three digits that count, and never fewer than stand before the point. */
function number(value: number): string {
  const digits = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toLocaleString("en", {
    maximumFractionDigits: Math.min(3, Math.max(0, 3 - digits)),
  });
}
