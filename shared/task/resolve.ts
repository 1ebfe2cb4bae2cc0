import { registerHooks } from "node:module";
import { programUrl } from "../program.ts";

/** What task files import by name: always this very library, so that there is one copy of it and none need be installed. */
const own: ReadonlyMap<string, string> = new Map([
  ["simpletasks", programUrl(import.meta.url, "../library.ts", "library.mjs").href],
  ["simpletasks/testing", programUrl(import.meta.url, "../testing.ts", "testing.mjs").href],
]);

const taskFiles = new Set<string>();
let registered = false;

/**
 * Sets this process up to import task files, for its whole life: they may import `simpletasks` from anywhere, and they,
 * like every `.ts` file outside `node_modules`, are ES modules whatever the nearest `package.json` says or leaves unsaid
 * (`npm init` writes `"type": "commonjs"`; with no type, Node guesses and prints a warning).
 *
 * @param urls the task files, as URLs
 */
export function resolveForTaskFiles(urls: readonly string[]): void {
  for (const url of urls) taskFiles.add(url);
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const url = own.get(specifier);
      if (url !== undefined) return { url, format: moduleFormat(url), shortCircuit: true };
      const resolved = next(specifier, context);
      return isModule(resolved.url) ? { ...resolved, format: moduleFormat(resolved.url) } : resolved;
    },
  });
}

function isModule(url: string): boolean {
  return (
    !url.includes("/node_modules/") && (url.endsWith(".ts") || taskFiles.has(url)) && !url.endsWith(".cts")
  );
}

function moduleFormat(url: string): string {
  return url.endsWith("ts") ? "module-typescript" : "module";
}
