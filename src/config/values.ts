/** Single values read the way both the checks and the resolution need them: addresses, secrets, policies, header names. */
import type { AuthMode, Exhaustion, SecretRef } from "../ir/deployment.ts";
import { isLoopback } from "../std/address.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Path } from "./problem.ts";
import type { Source } from "./source.ts";

interface Address {
  readonly host: string;
  readonly port: number;
  readonly loopback: boolean;
}

/** `host:port` or `[v6]:port`; null: neither. */
export function readListen(listen: string): Address | null {
  const match = LISTEN.exec(listen.trim());
  const port = Number(match?.groups?.["port"]);
  const host = match?.groups?.["v6"] ?? match?.groups?.["host"];
  if (host === undefined || !Number.isInteger(port) || port > 65_535) return null;
  return { host, port, loopback: isLoopback(host) };
}

export const AUTH_MODES = ["none", "token", "passthrough"] as const satisfies readonly AuthMode[];

/** Null: no such mode. Absent is `none`. */
export function readAuthMode(mode: string | undefined): AuthMode | null {
  const wanted = (mode ?? "none").trim().toLowerCase();
  return AUTH_MODES.find((each) => each === wanted) ?? null;
}

type ReadExhaustion =
  | { readonly kind: "fine"; readonly policy: Exhaustion }
  | { readonly kind: "bad"; readonly reason: string };

const EXHAUSTION_WORDS = ["reject", "least_bad", "fallback_pool:<name>", "wait"];

export function readExhaustion(
  block: { readonly action?: string | undefined; readonly max_ms?: number | undefined } | undefined,
): ReadExhaustion {
  const action = (block?.action ?? "reject").trim();
  const spelled = Object.hasOwn(EXHAUSTION_SPELLINGS, action) ? EXHAUSTION_SPELLINGS[action] : undefined;
  if (spelled !== undefined) return { kind: "fine", policy: { action: spelled } };
  if (action === "wait") return { kind: "fine", policy: { action, maxMs: block?.max_ms ?? DEFAULTS.waitMs } };
  const pool = FALLBACK_POOL.exec(action)?.[1]?.trim() ?? "";
  if (pool !== "") return { kind: "fine", policy: { action: "fallback-pool", pool } };
  return { kind: "bad", reason: `must be one of ${EXHAUSTION_WORDS.join(", ")}` };
}

/** Whether a name may stand in a header (RFC 9110 section 5.6.2). */
export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/** Whether text may stand as a header's value and arrive as it was written. */
export function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value);
}

export interface SecretForms {
  /** The value itself, and where it stands. */
  readonly value: { readonly text: string; readonly path: Path } | null;
  readonly env: string | null;
  readonly file: string | null;
  /** AWS's own places: its variables (profile null) or a profile of its files. */
  readonly aws?: { readonly profile: string | null } | null;
}

/** How many of the forms are given. */
export function countForms(forms: SecretForms): number {
  return [forms.value, forms.env, forms.file, forms.aws ?? null].filter((form) => form !== null).length;
}

/** Null: none of the forms is given. The text with its references is kept, so that each process replaces them itself. */
export function secretRefOf(
  forms: SecretForms,
  source: Source,
  resolvePath: (path: string) => string,
): SecretRef | null {
  if (forms.aws != null) return { kind: "aws", profile: forms.aws.profile };
  if (forms.env !== null) return { kind: "env", name: forms.env };
  if (forms.file !== null) return { kind: "file", path: resolvePath(forms.file) };
  if (forms.value === null) return null;
  return { kind: "template", text: source.templateAt(forms.value.path) ?? forms.value.text };
}

const LISTEN = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^\s:[\]/@]+)):(?<port>\d{1,5})$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;
const FALLBACK_POOL = /^fallback_pool:(.*)$/;

/** rc.3 takes all of these. */
const EXHAUSTION_SPELLINGS: Readonly<Record<string, "reject" | "least-bad">> = {
  reject: "reject",
  "503": "reject",
  status_503: "reject",
  status503: "reject",
  least_bad: "least-bad",
  "least-bad": "least-bad",
  leastbad: "least-bad",
};
