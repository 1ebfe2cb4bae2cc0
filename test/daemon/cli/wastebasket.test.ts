import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWastebasket, type Wastebasket } from "../../../daemon/cli/reports/wastebasket.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-wastebasket-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (file: string): Promise<Wastebasket> =>
  openWastebasket(file, {
    terminal: openTerminal(process.stdout, process.stderr),
    currentDirectory: directory,
  });

it.skipIf(process.platform === "win32")("makes a file that only its owner can read", async () => {
  await using basket = await open("gone.jsonl");
  await basket.write(["1", "2"]);
  await basket.write(["3"]);
  const file = path.join(directory, "gone.jsonl");
  expect(readFileSync(file, "utf8")).toBe("1\n2\n3\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("joins nothing to the half line of a writer that was killed", async () => {
  const file = path.join(directory, "gone.jsonl");
  writeFileSync(file, '0\n{"half');
  await using basket = await open(file);
  await basket.write(["1"]);
  await basket.write(["2"]);
  expect(readFileSync(file, "utf8")).toBe('0\n{"half\n1\n2\n');
});
