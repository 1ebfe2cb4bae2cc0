/** A lease named to its holder: the message's id and the lease's token, which nobody can guess. */
export function receiptOf(id: number, token: number): string {
  return `${id}.${token.toString(36)}`;
}

/** What a receipt names. One that we never gave out names no lease: id 0, token 0. */
export function parseReceipt(receipt: string): { readonly id: number; readonly token: number } {
  const parts = /^([1-9]\d{0,15})\.([1-9a-z][0-9a-z]{0,9})$/.exec(receipt);
  return { id: Number(parts?.[1] ?? 0), token: Number.parseInt(parts?.[2] ?? "0", 36) };
}
