/** What can be said when an address cannot be opened. */

/** A sentence that says what to do. `code` is the system's word. */
export function whyNotListening(address: string, code: string): string {
  const reason = REASONS.get(code);
  return reason === undefined ? `${address} cannot be opened (${code}).` : `${address} ${reason}`;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  [
    "EADDRINUSE",
    "is in use: another program, perhaps another Ringmain, listens there. Stop it, or choose another port with `listen` in config.yaml or with --listen.",
  ],
  ["EACCES", "may not be opened by this user. Ports below 1024 need a privilege; choose another one with `listen`."],
  ["EADDRNOTAVAIL", "is no address of this machine. Correct `listen`."],
]);
