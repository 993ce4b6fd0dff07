/** What a caller is told of its limits: the sentence of a refusal, with when it ends, and warnings before it comes to that. */
import type { BudgetWindow, Governance } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import { formatUsd, nanos } from "../std/money.ts";
import type { Shortage } from "./ledger-messages.ts";
import type { LedgerScope, MoneyLimit } from "./limit.ts";

/** Of the ceilings on a single request; null: it is below all of them, or above a soft one, which is warned of. */
export function tooDear(
  need: number,
  ceiling: number | null,
  gates: Governance["gates"],
  warnings: string[],
): Failure | null {
  const cost = formatUsd(nanos(need));
  if (ceiling !== null && need > ceiling) {
    return failure(
      "budget-exceeded",
      `This request may cost ${cost}, more than the ${formatUsd(nanos(ceiling))} it allows itself.`,
    );
  }
  for (const gate of gates) {
    if (need <= gate.limitNanos) continue;
    const limit = formatUsd(nanos(gate.limitNanos));
    if (gate.mode === "hard") {
      return failure(
        "budget-exceeded",
        `This request may cost ${cost}, more than the ${limit} a request may cost here.`,
      );
    }
    warnings.push(`request may cost ${cost} of ${limit}`);
  }
  return null;
}

export function shortageFailure(shortage: Shortage): Failure {
  if (shortage.kind === "unavailable") {
    return failure(
      "ledger-unavailable",
      "What this key may still spend cannot be told right now. Send the request again.",
      shortage.resetMs,
    );
  }
  const { limit, max, resetMs } = shortage;
  const owner = ownerOf(limit.scope);
  switch (limit.kind) {
    case "usd": {
      const budget = `the ${WINDOW_WORDS[limit.window]} budget of ${formatUsd(nanos(max))} of ${owner}`;
      if (shortage.isLeased) {
        const why = `What is left of ${budget} is set aside for requests under way. Send the request again when they have ended.`;
        return failure("limit-exceeded", why, resetMs);
      }
      const when = resetMs === null ? "It does not reset by itself." : `It resets in ${words(resetMs)}.`;
      return failure("budget-exceeded", `${upper(budget)} is used up. ${when}`, resetMs);
    }
    case "slots":
      return failure(
        "limit-exceeded",
        `${upper(owner)} may have ${max} requests at once. Wait for one of them to end.`,
        resetMs,
      );
    case "requests":
    case "tokens":
      return resetMs === null
        ? failure("limit-exceeded", `This request needs more than the ${max} ${limit.kind} a minute of ${owner}.`)
        : failure(
            "limit-exceeded",
            `The limit of ${max} ${limit.kind} a minute of ${owner} is reached. It resets in ${words(resetMs)}.`,
            resetMs,
          );
  }
}

const WINDOW_WORDS: Readonly<Record<BudgetWindow, string>> = {
  minute: "minute's",
  hourly: "hourly",
  daily: "daily",
  weekly: "weekly",
  monthly: "monthly",
  total: "total",
};

function ownerOf({ kind, name }: LedgerScope): string {
  switch (kind) {
    case "group":
      return `the group "${name}"`;
    case "project":
      return `the project "${name}"`;
    case "session":
      return "this session";
    case "key":
    case "account":
    case "caller":
      return "this key";
  }
}

function upper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const UNITS = [
  { ms: 86_400_000, word: "d" },
  { ms: 3_600_000, word: "h" },
  { ms: 60_000, word: "min" },
  { ms: 1_000, word: "s" },
] as const;

/** The two largest units, rounded up: `3 d 4 h`, `12 s`. */
function words(ms: number): string {
  let rest = Math.max(1_000, Math.ceil(ms / 1_000) * 1_000);
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit.word}`);
  }
  return parts.join(" ");
}

/** `key monthly 85%` */
export function warningOf({ window, scope }: MoneyLimit, share: number): string {
  return `${scope.kind} ${window} ${Math.floor(share * 100)}%`;
}
