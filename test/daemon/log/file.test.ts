import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { fork } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openLogFile, type LogFile, type LogFileOptions } from "../../../daemon/log/file.ts";
import { rotate } from "../../../daemon/log/rotation.ts";

let directory: string;
let file: string;
let troubles: unknown[];

beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-log-file-")));
  onTestFinishedRemove(directory);
  file = path.join(directory, "host.log");
  troubles = [];
});

function onTestFinishedRemove(folder: string): void {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
}

function open(options: Partial<LogFileOptions> = {}): LogFile {
  return openLogFile({ file, onTrouble: (error) => troubles.push(error), ...options });
}

/** Every line of every file, the oldest first. */
function lines(): string[] {
  const aside = readdirSync(directory).filter((name) => name !== "host.log");
  return [...aside.toSorted(), "host.log"].flatMap((name) =>
    readFileSync(path.join(directory, name), "utf8").split("\n").slice(0, -1),
  );
}

const line = (number: number): string => `${String(number).padStart(99, "0")}\n`;

describe("a log file", () => {
  it("has what was written once it is closed, after what earlier daemons wrote", async () => {
    writeFileSync(file, "before\n");
    {
      await using log = open();
      log.write("one\n");
      log.write("two\n");
    }
    expect(lines()).toEqual(["before", "one", "two"]);
    expect(troubles).toEqual([]);
  });

  it("is written without being closed or flushed", async () => {
    await using log = open({ delay: 1 });
    log.write("one\n");
    await expect.poll(lines).toEqual(["one"]);
  });

  it("is moved aside before it grows too large; the oldest go", async () => {
    await using log = open({ fileBytes: 1000, files: 4 });
    for (let number = 0; number < 100; number += 1) {
      log.write(line(number));
      await log.flush();
    }
    const names = readdirSync(directory);
    expect(names).toHaveLength(4);
    for (const name of names) expect(statSync(path.join(directory, name)).size).toBeLessThanOrEqual(1000);
    expect(lines().map(Number)).toEqual(Array.from({ length: 40 }, (_, index) => 60 + index));
  });

  it("leaves the files of other machines and other names alone", async () => {
    const others = ["other.20260101T000000000Z-1.log", "host.log.gz", "host.old.log", "hosts.log"];
    for (const name of others) writeFileSync(path.join(directory, name), "");
    writeFileSync(path.join(directory, "host.20260101T000000000Z-1.log"), "");
    writeFileSync(path.join(directory, "host.20260102T000000000Z-1.log"), "");
    await using log = open({ files: 2 });
    log.write("one\n");
    await log.flush();
    expect(readdirSync(directory)).toEqual(
      [...others, "host.20260102T000000000Z-1.log", "host.log"].toSorted(),
    );
  });

  it("is made anew when somebody removes it or another daemon moves it aside", async () => {
    await using log = open();
    for (const text of ["one", "two", "three"]) {
      log.write(`${text}\n`);
      await log.flush();
      if (text === "one") rmSync(file);
      if (text === "two") await rotate(file, 9, 0);
    }
    expect(lines()).toEqual(["two", "three"]);
  });
});

describe("a disk that takes nothing", () => {
  it("is told once, keeps nobody waiting, and lines that were lost are counted when it takes something again", async () => {
    const folder = path.join(directory, "gone");
    await using log = open({ file: path.join(folder, "host.log") });
    log.write("lost\n");
    await log.flush();
    log.write("lost too\n");
    await log.flush();
    expect(troubles).toEqual([expect.objectContaining({ code: "ENOENT" })]);
    mkdirSync(folder);
    log.write("kept\n");
    await log.flush();
    const [, lost = "", kept] = readFileSync(path.join(folder, "host.log"), "utf8").split("\n");
    expect(JSON.parse(lost)).toMatchObject({
      level: "warn",
      msg: "log lines could not be written",
      lines: 2,
    });
    expect(kept).toBe("kept");
  });

  it.skipIf(process.platform !== "linux")("may be a full one", async () => {
    await using log = open({ file: "/dev/full" });
    log.write("lost\n");
    await log.flush();
    expect(troubles).toEqual([expect.objectContaining({ code: "ENOSPC" })]);
  });

  it("bounds what waits for it", async () => {
    await using log = open({ waitingBytes: 250 });
    for (let number = 0; number < 5; number += 1) log.write(line(number));
    await log.flush();
    const [lost = "", ...rest] = lines();
    expect(JSON.parse(lost)).toMatchObject({ lines: 3 });
    expect(rest.map(Number)).toEqual([0, 1]);
  });
});

it("three processes write one log and move it aside: every line is there, whole", async () => {
  const program = fileURLToPath(new URL("./log-writer.ts", import.meta.url));
  const children = ["a", "b", "c"].map((name) => fork(program, [file, name], { execArgv: [] }));
  onTestFinished(() => children.forEach((child) => void child.kill("SIGKILL")));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const all = lines();
  expect(all).toHaveLength(600);
  expect(readdirSync(directory).length).toBeGreaterThan(5);
  for (const name of ["a", "b", "c"]) {
    const numbers = all.filter((text) => text.startsWith(name)).map((text) => Number(text.slice(2).trim()));
    expect(numbers.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 200 }, (_, index) => index),
    );
  }
});

it("what waits when the process exits is written all the same", async () => {
  const program = fileURLToPath(new URL("./log-writer.ts", import.meta.url));
  const child = fork(program, [file, "exits"], { execArgv: [] });
  expect((await once(child, "exit"))[0]).toBe(3);
  expect(lines()).toEqual(["last words"]);
});
