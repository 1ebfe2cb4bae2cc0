import { readFile } from "node:fs/promises";
import { defineTask, z } from "simpletasks";

/**
 * Sums up one column of every input: count, least, greatest, mean. An input is a table with commas whose first line names
 * the columns; a cell that is empty counts as not measured.
 */
export default defineTask({
  name: "SUMMARIZE",
  // Strict: a key that is misspelt is refused, not passed over.
  payload: z.strictObject({
    column: z.string().describe("the column to sum up"),
    decimals: z.int().min(0).max(10).default(2).describe("digits after the point"),
  }),
  async execute(task, _datasource, { inputs, log }) {
    const { column, decimals } = task.payload;
    const outputs: Record<string, string> = {};
    for (const input of inputs) {
      const values = readColumn(await readFile(input.path, "utf8"), column);
      log.info(`${input.name}: ${values.length} values`);
      const sum = values.reduce((total, value) => total + value, 0);
      const summary = {
        count: values.length,
        least: Math.min(...values),
        greatest: Math.max(...values),
        mean: Number((sum / values.length).toFixed(decimals)),
      };
      const name = input.name.slice(input.name.lastIndexOf("/") + 1).replace(/\.csv$/, "");
      outputs[`1_summary/${name}.json`] = JSON.stringify(summary);
    }
    return { success: true, outputs };
  },
});

function readColumn(table: string, column: string): number[] {
  const [header = "", ...rows] = table.trim().split(/\r?\n/);
  const index = header.split(",").indexOf(column);
  if (index < 0) throw new Error(`there is no column "${column}", only ${header}`);
  const cells = rows.map((row) => row.split(",")[index] ?? "").filter((cell) => cell !== "");
  if (cells.length === 0) throw new Error(`the column "${column}" is empty`);
  const wrong = cells.find((cell) => Number.isNaN(Number(cell)));
  if (wrong !== undefined) throw new Error(`"${wrong}" in the column "${column}" is no number`);
  return cells.map(Number);
}
