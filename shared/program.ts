/**
 * Where a program that runs beside this code lies: a thread, or the worker's side. From sources it is the `.ts` file
 * itself; in the bundles every file lies flat in `dist/`, so it is the bundle's own file there.
 *
 * @param from the caller's `import.meta.url`
 * @param source the program relative to the caller, when run from sources
 * @param bundled its name in `dist/`
 */
export function programUrl(from: string, source: string, bundled: string): URL {
  return new URL(from.endsWith(".ts") ? source : bundled, from);
}
