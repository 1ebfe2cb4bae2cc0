import type { KeptReport, RepairOutcome } from "../../../shared/repair/repair.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { explain } from "../explain.ts";
import { counted } from "../format.ts";

/** Tells what a repair could not do. */
export interface Telling {
  readonly onKept: (kept: KeptReport) => void;
  /** Tells the rest. @returns the exit code */
  end(outcome: RepairOutcome): number;
}

/** Reports that are told one by one; more are counted. */
const mostTold = 20;

/** @param done what was to become of the reports, as in "was not sent again" */
export function openTelling({ terminal, signals }: Call, done: string): Telling {
  let kept = 0;
  let hint: string | undefined;
  return {
    onKept({ id, reason, error }) {
      kept += 1;
      if (kept > mostTold) return;
      const said = reason === "sent" ? `was ${done}, but is still there` : `was not ${done}`;
      terminal.tell(escapeForTerminal(`report ${id} ${said}: ${error.message}`));
      if (reason === "not_retryable")
        hint ??= `errors retry ${id} --with FILE sends a mended task document in its place`;
    },
    end({ ended, left, stopped }) {
      if (kept > mostTold) {
        terminal.tell(`and ${counted(kept - mostTold, "more report")} not ${done}`);
      }
      if (hint !== undefined)
        terminal.tell(`${terminal.errorStyle("dim", "hint:")} ${escapeForTerminal(hint)}`);
      if (stopped === undefined) return kept === 0 ? exitCodes.done : exitCodes.failed;
      const rest = `${counted(left, "report")} had no turn and ${left === 1 ? "is" : "are"} still in the error queue`;
      if (signals.exitCode === undefined) explain(stopped, terminal);
      terminal.tell(`stopped after ${counted(ended, "report")}; ${rest}`);
      return signals.exitCode ?? exitCodes.failed;
    },
  };
}
