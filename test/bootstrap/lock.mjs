// One set-up at a time: a file that names its holder's process. A lock whose holder is dead is taken over.
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { say } from "./steps.mjs";

/** Runs `work` while this process alone holds `file`. */
export async function withLock(file, work) {
  await mkdir(path.dirname(file), { recursive: true });
  // Written first and linked into place, so that a lock always names its holder.
  const own = `${file}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    await take(own, file);
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function take(own, file) {
  for (let told = false; ; told = true) {
    try {
      return await link(own, file);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(file, "utf8").catch(() => "0"));
    if (holder === 0) continue;
    if (!isAlive(holder)) {
      await removeDead(file, holder);
      continue;
    }
    if (!told) say(`waiting for another set-up (process ${holder})`);
    await delay(200);
  }
}

/** Moved aside, then looked at: when another process was quicker, it is that process's lock, which goes back. */
async function removeDead(file, holder) {
  const aside = `${file}.${process.pid}.dead`;
  await rename(file, aside).catch(() => {});
  const moved = Number(await readFile(aside, "utf8").catch(() => String(holder)));
  if (moved !== holder) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
