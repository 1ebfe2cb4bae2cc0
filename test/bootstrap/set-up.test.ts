import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-set-up-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a module text, with the set-up's own modules at hand, and gives what it wrote. */
async function runModule(text: string): Promise<{ code: unknown; out: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
  });
  const [code] = await once(child, "close");
  return { code, out };
}

const moduleUrl = (name: string): string =>
  JSON.stringify(pathToFileURL(path.join(import.meta.dirname, name)).href);

describe("the Node that is used", () => {
  it.each([
    ["22.18.0", true],
    ["22.17.9", false],
    ["20.20.2", false],
    ["24.0.0", true],
    ["100.1.0", true],
  ])("%s satisfies >=22.18: %s", async (version, satisfied) => {
    const { out } = await runModule(
      `import { satisfies } from ${moduleUrl("node-release.mjs")}; console.log(satisfies("${version}", ">=22.18"));`,
    );
    expect(out).toBe(`${satisfied}\n`);
  });
});

describe("dependencies are installed again", () => {
  const entry = { version: "1.0.0", integrity: "sha512-a" };

  it.each([
    ["not when all are there", { a: entry }, { a: entry }, true],
    [
      "not for an optional one of another platform",
      { a: entry, b: { ...entry, optional: true } },
      { a: entry },
      true,
    ],
    ["when one is missing", { a: entry, b: entry }, { a: entry }, false],
    ["when one has another version", { a: entry }, { a: { ...entry, version: "1.0.1" } }, false],
    ["when one has other contents", { a: entry }, { a: { ...entry, integrity: "sha512-b" } }, false],
    ["when there is one too many", { a: entry }, { a: entry, b: entry }, false],
    ["when none was installed to its end", { a: entry }, undefined, false],
  ])("%s", async (_when, wanted, installed, match) => {
    mkdirSync(path.join(directory, "node_modules"));
    writeFileSync(
      path.join(directory, "package-lock.json"),
      JSON.stringify({ packages: { "": {}, ...wanted } }),
    );
    if (installed !== undefined) {
      const record = path.join(directory, "node_modules", ".package-lock.json");
      writeFileSync(record, JSON.stringify({ packages: installed }));
    }
    const { out } = await runModule(
      `import { dependenciesMatch } from ${moduleUrl("dependencies.mjs")};
      console.log(dependenciesMatch(${JSON.stringify(directory)}));`,
    );
    expect(out).toBe(`${match}\n`);
  });
});

describe("package-lock.json", () => {
  interface Entry {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly resolved?: string;
  }
  const lock: { packages: Readonly<Record<string, Entry>> } = JSON.parse(
    readFileSync(path.join(import.meta.dirname, "..", "..", "package-lock.json"), "utf8"),
  );

  it("names the packages of other platforms too, without which npm ci refuses it", () => {
    const places = new Set(Object.keys(lock.packages));
    const missing = Object.entries(lock.packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !places.has(`node_modules/${name}`) && !places.has(`${place}/node_modules/${name}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  it("names no registry: whose it is, is for the machine to say", () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });
});

describe("the set-up's lock", () => {
  it("lets one process in at a time, also past a lock of a dead one", async () => {
    const lock = path.join(directory, "setup.lock");
    const log = path.join(directory, "log");
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    writeFileSync(lock, String(dead.pid));
    const work = `
      import { appendFileSync } from "node:fs";
      import { setTimeout as delay } from "node:timers/promises";
      import { withLock } from ${moduleUrl("lock.mjs")};
      await withLock(${JSON.stringify(lock)}, async () => {
        appendFileSync(${JSON.stringify(log)}, "in ");
        await delay(20);
        appendFileSync(${JSON.stringify(log)}, "out ");
      });`;
    const runs = await Promise.all(Array.from({ length: 4 }, () => runModule(work)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(readFileSync(log, "utf8")).toBe("in out ".repeat(4));
    expect(existsSync(lock)).toBe(false);
  });
});
