import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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

  it("is not mistaken for another release", async () => {
    const home = path.join(directory, "cache");
    const place = process.platform === "win32" ? "node.exe" : "node";
    const bin = path.join(home, "simpletasks", "node-22.18", "node_modules", "node", "bin");
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, path.join(bin, place));
    const { out } = await runModule(
      `process.env.XDG_CACHE_HOME = process.env.LOCALAPPDATA = ${JSON.stringify(home)};
      const { installedNode, oldestRelease } = await import(${moduleUrl("node-release.mjs")});
      console.log(oldestRelease(">=22.18"), installedNode("22.18") !== undefined, installedNode("9.1"));`,
    );
    expect(out).toBe(`22.18 ${process.version.startsWith("v22.18.")} undefined\n`);
  });
});

describe("the copy for a Node without `using`", () => {
  it("holds the sources with `using` lowered, and all else as it is", async () => {
    const checkout = path.join(directory, "checkout");
    mkdirSync(path.join(checkout, "node_modules"), { recursive: true });
    const plain = "export const text: string = `using none = 1`;\n";
    writeFileSync(path.join(checkout, "plain.ts"), plain);
    writeFileSync(
      path.join(checkout, "main.ts"),
      `import { text } from "./plain.ts";
      {
        using closed = { [Symbol.dispose]: (): void => console.log("closed") };
        console.log(typeof closed, text);
      }`,
    );
    const { out } = await runModule(
      `import { makeLoweredCopy } from ${moduleUrl("lowered-copy.mjs")};
      console.log(await makeLoweredCopy(${JSON.stringify(checkout)}));`,
    );
    const copy = out.trim();
    try {
      expect(readFileSync(path.join(copy, "plain.ts"), "utf8")).toBe(plain);
      expect(readFileSync(path.join(copy, "main.ts"), "utf8")).not.toMatch(/^\s*using /m);
      expect(existsSync(path.join(copy, "node_modules"))).toBe(true);
      const ran = await runModule(
        `await import(${JSON.stringify(pathToFileURL(path.join(copy, "main.ts")).href)});`,
      );
      expect(ran).toEqual({ code: 0, out: "object using none = 1\nclosed\n" });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
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
