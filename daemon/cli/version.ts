import { readFileSync } from "node:fs";
import { programUrl } from "../../shared/program.ts";

/** This package's version. */
export function version(): string {
  const file = programUrl(import.meta.url, "../../package.json", "../package.json");
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version;
}
