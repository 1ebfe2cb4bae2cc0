import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { typeMistakes } from "../daemon/cli/workspace-types.ts";
import { describeNeeding, program } from "./suite-needing.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let directory: string;
let tarball: string;

/** Runs a program with nothing but the usual environment; fails the test with its output when it fails. */
function run(cwd: string, command: string, words: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd,
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: directory, npm_config_cache: path.join(directory, "npm-cache") },
    shell: process.platform === "win32",
  });
  expect(status, `${command} ${words.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

function namesIn(archive: string): string[] {
  const names = run(directory, "tar", ["-tzf", archive]).trim().split("\n");
  return names.map((name) => name.replace("package/", ""));
}

describeNeeding(program("npm", "install npm, which comes with Node"), "the packed tarball", () => {
  beforeAll(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-pack-"));
    // dist/ is as the sources are: it is built before all tests.
    run(root, "npm", ["pack", "--ignore-scripts", "--pack-destination", directory]);
    const { version }: { version: string } = JSON.parse(
      readFileSync(path.join(root, "package.json"), "utf8"),
    );
    tarball = path.join(directory, `simpletasks-${version}.tgz`);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("holds programs, declarations, schemas, templates and licences, and no source of ours, test or map", () => {
    const names = namesIn(tarball);
    for (const name of [
      "package.json",
      "LICENSE",
      "CHANGELOG.md",
      "dist/cli.mjs",
      "dist/worker.mjs",
      "dist/library.mjs",
    ]) {
      expect(names).toContain(name);
    }
    for (const name of ["schemas/simpletasks.schema.json", "templates/workspace/simpletasks.json"])
      expect(names).toContain(`media/${name}`);
    for (const name of ["simpletasks/library.d.ts", "zod/index.d.ts", "zod/LICENSE", "node/LICENSE"])
      expect(names).toContain(`dist/declarations/${name}`);
    const allowed =
      /^(package\.json|LICENSE|README\.md|CHANGELOG\.md|dist\/[^/]+\.m?js|dist\/(declarations\/([\w-]+\/)?)?package\.json|dist\/declarations\/.*(\.d\.ts|\/LICENSE)|docs\/[\w-]+\.md|media\/(pipeline\.png|(schemas|templates)\/.*))$/;
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
  });

  it("holds what its pages lead to", () => {
    const names = namesIn(tarball);
    const pages = names.filter((name) => /^(README|docs\/[\w-]+)\.md$/.test(name));
    expect(pages.length).toBeGreaterThan(5);
    const missing = pages.flatMap((page) => {
      const links = readFileSync(path.join(root, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g);
      const targets = [...links].map(([, link = ""]) => path.posix.join(path.posix.dirname(page), link));
      return targets.filter((target) => !names.includes(target)).map((target) => `${page}: ${target}`);
    });
    expect(missing).toEqual([]);
  });

  it("runs by npx in an empty folder", () => {
    const empty = path.join(directory, "empty");
    mkdirSync(empty);
    const task = '{"task":"NO_OP","base_directory":"data","inputs":[]}';
    // Needs the queue's thread and a worker process, wherever npx has put their files.
    const words = ["--offline", "--yes", "--package", tarball, "simpletasks", "schedule", "-"];
    expect(run(empty, "npx", words, task)).toContain("scheduled 1 task ");
  });

  it("makes a workspace that runs, and whose tests do, where nothing is installed", () => {
    const unpacked = path.join(directory, "unpacked");
    mkdirSync(unpacked);
    run(unpacked, "tar", ["-xzf", tarball]);
    const simpletasks = (cwd: string, ...words: string[]): string =>
      run(cwd, process.execPath, [path.join(unpacked, "package", "dist", "cli.mjs"), ...words]);
    expect(simpletasks(directory, "init", "workspace")).toContain("made a workspace in ");
    const workspace = path.join(directory, "workspace");
    expect(simpletasks(workspace, "test")).toContain("pass 3");
    expect(simpletasks(workspace, "schedule", "weather.tasks.json")).toContain("scheduled 3 tasks ");
    expect(simpletasks(workspace, "daemon", "--until-drained")).toMatch(/^3 tasks done, 0 failed/);
    expect(typeMistakes(workspace)).toEqual([]);
  });

  it("gives task authors the library, and CommonJS programs too", () => {
    const project = path.join(directory, "project");
    mkdirSync(project);
    writeFileSync(path.join(project, "package.json"), '{"private":true}');
    run(project, "npm", ["install", "--offline", "--no-audit", "--no-fund", tarball]);
    const use = 'import { defineTask } from "simpletasks"; console.log(defineTask({ name: "X" }).name);';
    expect(run(project, process.execPath, ["--input-type=module", "-e", use])).toBe("X\n");
    const require = 'console.log(typeof require("simpletasks").defineTask);';
    expect(run(project, process.execPath, ["--input-type=commonjs", "-e", require])).toBe("function\n");
  });
});
