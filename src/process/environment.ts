/** The environment workers run in. The runtime reads some of it only when a process starts, which is why there is a supervisor. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Requests that may be under way to vendors at once. The runtime's own cap is 256 for the whole process, open streams
 * included, and what is above it waits unseen; our limits per model and account decide below this.
 */
const FETCHES_MAX = "16384";

export function workerEnvironment(env: Environment): Record<string, string | undefined> {
  const own: Record<string, string | undefined> = { ...env, BUN_CONFIG_MAX_HTTP_REQUESTS: FETCHES_MAX };
  // Prints every request with its credentials.
  delete own["BUN_CONFIG_VERBOSE_FETCH"];
  return own;
}

/** Why nothing can be served safely in this environment; null: nothing speaks against it. */
export function refusedEnvironment(env: Environment): string | null {
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0") return null;
  return "NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of every vendor's certificate, so that a machine on the way could read your keys. Unset it; for a private authority set `ca_file` of that provider.";
}

export function environmentWarnings(env: Environment): readonly string[] {
  return (env["BUN_OPTIONS"] ?? "") === ""
    ? []
    : ["BUN_OPTIONS is set: it can load code into this program. Unset it unless you put it there."];
}
