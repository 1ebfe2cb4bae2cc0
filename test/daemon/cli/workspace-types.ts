import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What the compiler finds wrong in a folder that has a `tsconfig.json`, one line a mistake. */
export function typeMistakes(folder: string): string[] {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "--pretty", "false", "-p", folder], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => /error TS/.test(line));
}
