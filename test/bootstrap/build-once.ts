import { execFileSync } from "node:child_process";

/** Process-level tests run the built programs: build them once for all test files. */
export function setup(): void {
  execFileSync(process.execPath, ["esbuild.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
}
