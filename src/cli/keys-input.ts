/** What is said of a key on the command line, as the admin API takes it. */
import type { Options } from "./text.ts";

export const KEY_VALUES = [
  "--name",
  "--allow",
  "--group",
  "--aliases",
  "--debug",
  "--project",
  "--label",
  "--expires",
  "--rpm",
  "--tpm",
  "--max-concurrent",
  "--budget",
] as const;

/** The body of a request, or a sentence about a word that means nothing. `none` takes a limit away. */
export function keyInput(values: Extract<Options, { kind: "options" }>["values"]): Record<string, unknown> | string {
  const input: Record<string, unknown> = {};
  for (const [option, text] of values) {
    const read = READERS[option];
    if (read === undefined) continue;
    const value = read(text);
    if (value === undefined) return `${option} ${JSON.stringify(text)} is not understood; see "ringmain keys --help".`;
    input[FIELDS[option] ?? option] = value;
  }
  return input;
}

const FIELDS: Readonly<Record<string, string>> = {
  "--name": "name",
  "--allow": "allowed_pools",
  "--group": "group",
  "--aliases": "aliases",
  "--debug": "debug",
  "--project": "project",
  "--label": "labels",
  "--expires": "expires_at",
  "--rpm": "rpm_limit",
  "--tpm": "tpm_limit",
  "--max-concurrent": "max_concurrent",
  "--budget": "budgets",
};

/** Undefined: not understood. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "--name": (text) => text,
  "--allow": (text) => (text === "all" ? null : text === "none" ? [] : listOf(text)),
  "--group": orNone,
  "--aliases": orNone,
  "--debug": (text) => (text === "none" ? null : text === "on" ? true : text === "off" ? false : undefined),
  "--project": orNone,
  "--label": labelsOf,
  "--expires": orNone,
  "--rpm": countOf,
  "--tpm": countOf,
  "--max-concurrent": countOf,
  "--budget": budgetsOf,
};

function orNone(text: string): string | null {
  return text === "none" ? null : text;
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function countOf(text: string): number | null | undefined {
  if (text === "none") return null;
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function labelsOf(text: string): Record<string, string> | undefined {
  const pairs = listOf(text).map((each) => each.split("="));
  if (pairs.some((pair) => pair.length !== 2)) return undefined;
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value]));
}

/** `monthly=100,daily=10:soft` */
function budgetsOf(text: string): object[] | undefined {
  if (text === "none") return [];
  const budgets = listOf(text).map((each) => /^([a-z]+)=(\d+(?:\.\d+)?)(?::(hard|soft))?$/.exec(each));
  if (budgets.length === 0 || budgets.some((each) => each === null)) return undefined;
  return budgets.flatMap((each) =>
    each === null ? [] : [{ window: each[1], limit_usd: Number(each[2]), mode: each[3] ?? "hard" }],
  );
}
