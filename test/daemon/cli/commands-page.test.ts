import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { commandsPage } from "./commands-page.ts";

const file = fileURLToPath(new URL("../../../docs/cli.md", import.meta.url));

/** `npx vitest run test/daemon/cli/commands-page.test.ts -u` writes the file anew. */
it("the page about the command line is made from the commands", async () => {
  await expect(commandsPage()).toMatchFileSnapshot(file);
});
