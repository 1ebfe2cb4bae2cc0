/** The recalls that are on their way to one worker. An attempt comes back once for each time it was sent, however often it was recalled. */
export interface Recalls {
  /** Gives the recall's id. */
  open(attemptIds: readonly number[]): number;
  /**
   * These came back by this recall: the worker said so, or it is certain without its answer. What has come back by
   * another recall, or by this one before, may have been sent again since and is left alone.
   */
  settle(recallId: number, attemptIds: readonly number[]): void;
}

export function createRecalls(onRecalled: (attemptIds: readonly number[]) => void): Recalls {
  const open = new Map<number, Set<number>>();
  let lastId = 0;
  return {
    open(attemptIds) {
      open.set(++lastId, new Set(attemptIds));
      return lastId;
    },
    settle(recallId, attemptIds) {
      const asked = open.get(recallId);
      if (asked === undefined) return;
      open.delete(recallId);
      const back = attemptIds.filter((attemptId) => asked.has(attemptId));
      for (const other of open.values()) for (const attemptId of back) other.delete(attemptId);
      onRecalled(back);
    },
  };
}
