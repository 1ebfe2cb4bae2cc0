import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Makes `dist/declarations` as the sources are now: what `init` copies. Mistakes in the sources are for their own check. */
export function makeDeclarations(): void {
  spawnSync(process.execPath, ["test/bootstrap/declarations.mjs"], { cwd: root, stdio: "ignore" });
}

/** What the compiler finds wrong in a folder that has a `tsconfig.json`, one line a mistake. */
export function typeMistakes(folder: string): string[] {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "--pretty", "false", "-p", folder], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => /error TS/.test(line));
}
