import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Resident memory of a process in bytes; undefined when it has ended, or where the system does not tell (Windows). */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (process.platform === "win32") return undefined;
  const text = process.platform === "linux" ? await fromProc(pid) : await fromPs(pid);
  const kibibytes = Number.parseInt(text, 10);
  return Number.isFinite(kibibytes) ? kibibytes * 1024 : undefined;
}

async function fromProc(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
  return /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? "";
}

async function fromPs(pid: number): Promise<string> {
  const ps = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return ps.stdout;
}
