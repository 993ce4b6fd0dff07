/** What a running gateway cannot change: addresses, processes, and the files it holds locks on. */
import type { Deployment } from "../ir/deployment.ts";

/** Members of the configuration that differ and need a restart; empty: none. */
export function restartNeeded(before: Deployment, after: Deployment): readonly string[] {
  return FIXED.filter(({ read }) => read(before) !== read(after)).map(({ name }) => name);
}

const FIXED: readonly { readonly name: string; readonly read: (deployment: Deployment) => unknown }[] = [
  { name: "listen", read: ({ listen }) => `${listen.host} ${listen.port}` },
  { name: "workers", read: ({ workers }) => workers },
  { name: "governance", read: ({ governance }) => governance !== null },
  { name: "governance.db_path", read: ({ governance }) => governance?.dbPath },
  { name: "idempotency", read: ({ idempotency }) => idempotency !== null },
];
