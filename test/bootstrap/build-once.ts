import { spawnSync } from "node:child_process";

/**
 * Tests that start the built programs need dist/ as the sources are now, declarations too: build it once, before all test files.
 * A build that fails says so and stops nothing: tests of sources go on, those of the programs fail by themselves.
 */
export function setup(): void {
  for (const program of ["esbuild.mjs", "test/bootstrap/declarations.mjs"]) {
    spawnSync(process.execPath, [program], { stdio: ["ignore", "ignore", "inherit"] });
  }
}
