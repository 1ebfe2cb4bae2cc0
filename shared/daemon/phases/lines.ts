/** Longest line kept, in characters; of longer ones the rest is counted and left out. */
export const LONGEST_LINE = 16 * 1024;

/** A line that is there as a whole, cut as a {@link LineAssembler} would. */
export function cutLine(line: string): string {
  return cutText(line, LONGEST_LINE);
}

/** As much of a text as `longest` characters hold; of a longer one the rest is counted and left out. */
export function cutText(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}${leftOut(text.length - longest)}`;
}

function leftOut(characters: number): string {
  return ` … (${characters} more characters left out)`;
}

export interface LineAssembler {
  push(text: string): void;
  /** Gives the last line although no newline followed it. */
  flush(): void;
}

/**
 * Makes lines of text that comes in pieces. Holds no more than one line of {@link LONGEST_LINE} characters, whatever is
 * pushed; a longer line is cut, and says so.
 */
export function createLineAssembler(onLine: (line: string) => void): LineAssembler {
  let pending = "";
  let left = 0;

  function keep(piece: string): void {
    const room = LONGEST_LINE - pending.length;
    if (piece.length <= room) pending += piece;
    else {
      pending += piece.slice(0, room);
      left += piece.length - room;
    }
  }

  function finish(): void {
    let line = pending;
    if (left > 0) line += leftOut(left);
    else if (line.endsWith("\r")) line = line.slice(0, -1);
    pending = "";
    left = 0;
    onLine(line);
  }

  return {
    push(text) {
      let from = 0;
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
        keep(text.slice(from, at));
        finish();
        from = at + 1;
      }
      if (from < text.length) keep(from === 0 ? text : text.slice(from));
    },
    flush() {
      if (pending !== "" || left > 0) finish();
    },
  };
}
