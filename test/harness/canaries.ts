/**
 * Secrets that must never be seen: one of each kind, known to the whole suite, and those of every configuration a gateway is
 * started with. Whatever a gateway writes is searched for them when it stops, so that every end-to-end test is a scan.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** One of each kind; long enough that none appears by chance. */
export const CANARIES = {
  clientToken: "rm-client-canary-5d1e0c7a9b",
  laneKey: "sk-lane-canary-81c2f4e6d0",
  awsLaneSecret: "lane/aws+canary/7f3b9a1c5e0d",
  awsClientSecret: "client/aws+canary/2e8d6c4b0a9f",
  adminToken: "admin-canary-c40b7e19f2d5",
  displayPassword: "display-canary-93ab5c7d1e",
} as const;

/** Secrets that came into being while the suite ran: virtual keys. Bounded by what tests create. */
const made = new Set<string>();

export function keepSecret(secret: string): string {
  made.add(secret);
  return secret;
}

/** Names of members of a configuration whose value is a secret; references (`_env`, `_file`) are none. */
const SECRET_MEMBER = /\b(?:api_key|token|password|secret_access_key):\s*"?([^\s"',}\]]{8,})"?/g;
const TOKEN_LIST = /\b(?:client_tokens|tokens):\s*\[([^\]]*)\]/g;
/** Variables that hold one. */
const SECRET_VARIABLE = /KEY|TOKEN|SECRET|PASSWORD|PAIR/;
const CHARS_MIN = 8;

/** What must not be seen of a gateway that was started with these. */
export function secretsOf(config: string, env: Readonly<Record<string, string>>): string[] {
  const members = [...config.matchAll(SECRET_MEMBER)].map(([, value = ""]) => value);
  const listed = [...config.matchAll(TOKEN_LIST)].flatMap(([, list = ""]) => list.split(",").map(unquoted));
  // A pair of keys is an id, which is no secret, and a secret.
  const variables = Object.entries(env).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) && !/_ID$|_FILE$/.test(name) ? [value.split(":").at(-1) ?? value] : [],
  );
  const all = [...members, ...listed, ...variables, ...Object.values(CANARIES), ...made];
  return [...new Set(all)].filter((secret) => secret.length >= CHARS_MIN);
}

function unquoted(text: string): string {
  return text.trim().replace(/^["']|["']$/g, "");
}

/** Where one of them is seen, as it stands or in base64, never the secret itself; null: nowhere. */
export function findSecret(secrets: readonly string[], where: string, text: string): string | null {
  for (const secret of secrets) {
    const forms = [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)];
    if (forms.some((form) => text.includes(form))) return `a secret (${secret.slice(0, 6)}…) is in ${where}`;
  }
  return null;
}

/** Files beyond this are no output of a test. */
const FILE_BYTES_MAX = 32 * 1024 * 1024;

/** Databases with what SQLite puts beside them, spools, logs: all but what the test itself wrote. */
export async function findInFolder(
  secrets: readonly string[],
  folder: string,
  written: ReadonlySet<string>,
): Promise<string | null> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || written.has(path) || (await stat(path)).size > FILE_BYTES_MAX) continue;
    const found = findSecret(secrets, entry.name, await readFile(path, "latin1"));
    if (found !== null) return found;
  }
  return null;
}
