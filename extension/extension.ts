import * as vscode from "vscode";

/** Registers what the manifest contributes. Touches no network, no process and no file. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("SimpleTasks", { log: true });
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand("simpletasks.log.show", () => log.show()),
  );
}
