/**
 * Why Windows cannot hold a key as a file of that path, or undefined when it can. Windows reads `\` as a separator, drops dots and
 * spaces at the end of a name, and keeps some names and characters for itself; so the key would name another file.
 */
export function windowsRefusal(key: string): string | undefined {
  for (const part of key.split("/")) {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    const character = /[\u0000-\u001f<>:"|?*\\]/.exec(part)?.[0];
    if (character !== undefined) return `Windows allows no ${JSON.stringify(character)} in a name`;
    if (/[. ]$/.test(part)) return "Windows drops a dot or a space at the end of a name";
    if (/^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i.test(part)) {
      return `Windows keeps the name ${JSON.stringify(part)} for a device`;
    }
  }
  return undefined;
}
