/** What a caller is told of its limits: the sentence of a refusal, with when it ends, and warnings before it comes to that. */
import type { BudgetWindow, Governance } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import { formatUsd, nanos } from "../std/money.ts";
import type { Estimate, Need } from "./estimate.ts";
import type { Shortage } from "./ledger-messages.ts";
import type { LedgerScope, MoneyLimit } from "./limit.ts";

/** Of the ceilings on a single request; null: its cheapest lane is below all of them. Above soft ones it is warned of. */
export function tooDear(
  { cheapest, dearest, estimated }: CallCost,
  ceiling: number | null,
  gates: Governance["gates"],
  warnings: string[],
): Failure | null {
  const refused = (limit: number, whose: string): Failure =>
    failure(
      "budget-exceeded",
      `This request may cost ${usd(cheapest)}, more than the ${usd(limit)} ${whose}. ${whatFits(estimated, "usd", limit)}`,
    );
  if (ceiling !== null && cheapest > ceiling) return refused(ceiling, "it allows itself");
  for (const gate of gates) {
    if (gate.mode === "hard") {
      if (cheapest > gate.limitNanos) return refused(gate.limitNanos, "a request may cost here");
    } else if (dearest > gate.limitNanos) {
      warnings.push(`request may cost ${usd(dearest)} of ${usd(gate.limitNanos)}`);
    }
  }
  return null;
}

/** Nano-dollars, by the lanes that may be asked. */
interface CallCost {
  readonly cheapest: number;
  readonly dearest: number;
  readonly estimated: Estimate;
}

/** What the refused request was taken to need. */
interface RefusedNeed {
  /** Of the lane that needs least. */
  readonly need: Need;
  readonly estimated: Estimate;
  readonly isStrict: boolean;
}

type Exceeded = Extract<Shortage, { kind: "exceeded" }>;

export function shortageFailure(shortage: Shortage, refused: RefusedNeed): Failure {
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
    case "usd":
      return moneyFailure(shortage, limit, refused);
    case "slots":
      return failure(
        "limit-exceeded",
        `${upper(owner)} may have ${max} requests at once. Wait for one of them to end.`,
        resetMs,
      );
    case "requests":
      return failure("limit-exceeded", reached(shortage), resetMs);
    case "tokens":
      return failure("limit-exceeded", tokensMessage(shortage, refused), resetMs);
  }
}

/** What the request may cost, what is left and set aside, and what would help. */
function moneyFailure(shortage: Exceeded, limit: MoneyLimit, { need, estimated, isStrict }: RefusedNeed): Failure {
  const { max, left, setAside, resetMs, isLeased } = shortage;
  const budget = `the ${WINDOW_WORDS[limit.window]} budget of ${usd(max)} of ${ownerOf(limit.scope)}`;
  const resets = limit.window === "total" ? "It does not reset by itself." : resetsIn(resetMs);
  if (left <= 0 && setAside <= 0) {
    return failure("budget-exceeded", sentences(`${upper(budget)} is used up.`, resets), resetMs);
  }
  const cost = isStrict
    ? `This request may cost up to ${usd(need.nanos)}, which a strict budget sets aside`
    : `This request may cost ${usd(need.nanos)}`;
  const aside = setAside > 0 ? `, and ${usd(setAside)} is set aside for requests under way` : "";
  const facts = `${cost}. Of ${budget} ${usd(left)} is left${aside}.`;
  return isLeased
    ? failure("limit-exceeded", sentences(facts, WHEN_ENDED, lessFits(estimated, "usd", left)), resetMs)
    : failure("budget-exceeded", sentences(facts, whatFits(estimated, "usd", left), resets), resetMs);
}

function tokensMessage(shortage: Exceeded, { need, estimated }: RefusedNeed): string {
  const { limit, max, left, setAside, resetMs, isLeased } = shortage;
  const owner = ownerOf(limit.scope);
  if (isLeased) {
    return sentences(
      `This request may use ${need.tokens} tokens. Of the ${max} tokens a minute of ${owner} ${left} are left, and ${setAside} are set aside for requests under way.`,
      WHEN_ENDED,
      lessFits(estimated, "tokens", left),
    );
  }
  if (resetMs === null) {
    return sentences(
      `This request needs more than the ${max} tokens a minute of ${owner}.`,
      whatFits(estimated, "tokens", max),
    );
  }
  if (left <= 0) return reached(shortage);
  return sentences(
    `This request may use ${need.tokens} tokens, and ${left} of the ${max} tokens a minute of ${owner} are left.`,
    `Enough are left in ${words(resetMs)}.`,
    whatFits(estimated, "tokens", left),
  );
}

function reached({ limit, max, resetMs }: Exceeded): string {
  const sentence = `The limit of ${max} ${limit.kind} a minute of ${ownerOf(limit.scope)} is reached.`;
  return sentences(sentence, resetsIn(resetMs));
}

function resetsIn(resetMs: number | null): string {
  return resetMs === null ? "" : `It resets in ${words(resetMs)}.`;
}

const WHEN_ENDED = "Send it again when they have ended.";

/** What the client can change about it. */
function whatFits(estimated: Estimate, kind: "usd" | "tokens", left: number): string {
  if (estimated.answerFitting(kind, left) < 1) return "Its prompt alone is too much: send a shorter one.";
  return lessFits(estimated, kind, left);
}

/** Empty: no answer would fit, or none is limited. */
function lessFits(estimated: Estimate, kind: "usd" | "tokens", left: number): string {
  const tokens = estimated.answerFitting(kind, left);
  if (tokens < 1 || !Number.isFinite(tokens)) return "";
  return `Ask for less output: an answer of at most ${tokens} tokens fits.`;
}

function sentences(...all: readonly string[]): string {
  return all.filter((each) => each !== "").join(" ");
}

function usd(amount: number): string {
  return formatUsd(nanos(amount));
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
