#!/usr/bin/env node
// The program `simpletasks`. This file runs on any Node, so that an old one can be told apart: what follows needs modules
// that an old Node cannot even load.
const needed = { major: 22, minor: 18 };
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < needed.major || (major === needed.major && minor < needed.minor)) {
  process.stderr.write(
    `simpletasks: this is Node ${process.versions.node}; Node ${needed.major}.${needed.minor} or newer is needed (https://nodejs.org)\n`,
  );
  process.exitCode = 2;
} else {
  const { runProgram } = await import("./program.ts");
  process.exitCode = await runProgram(process.argv.slice(2));
}
