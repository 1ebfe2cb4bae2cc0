// Makes a temporary directory, says where, and waits to be killed.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { makeTemporaryDirectory } from "../../shared/temporary-directory.ts";

const directory = await makeTemporaryDirectory("run");
writeFileSync(path.join(directory.path, "scratch"), "");
process.send?.(directory.path);
setInterval(() => {}, 1000);
