/**
 * What vendors told of their limits, the latest of each kind for a lane and for its account, until it is whole again. It
 * gives a label and a place in the rank; it never leaves a lane out: only a vendor's refusal does. Bounded: the kinds are data.
 */
import type { QuotaLeft } from "../ir/lane-facts.ts";
import type { QuotaFact } from "../ir/quota.ts";

/** With less than this share left of a limit of a minute a lane is under pressure; of a plan's window the configuration says. */
const PRESSURE_BELOW = 0.1;
/** So much more must be left until it is relieved: a lane at the edge would change its label with every answer. */
const RELIEF = 0.1;
/** Windows of plans last hours to months. */
const PLAN_MS_MIN = 3_600_000;
const PLAN_WINDOW = /^\d+(?:h|d|w|mo)$/;
/** A limit that is whole again this soon is no pressure. */
const PRESSING_MS_MIN = 1_000;
/** Where the vendor does not say when it is whole again: most limits are told by the minute. */
const RESET_MS_DEFAULT = 60_000;

export interface Quota {
  readonly fact: QuotaFact;
  readonly untilMs: number;
  readonly isLow: boolean;
}

/** What is known of one owner's limits. */
export interface Quotas {
  /** By window. */
  readonly known: Map<string, Quota>;
  /** Until when something presses; -Infinity: nothing does. */
  pressedUntilMs: number;
  /** The same for a soft cap of the operator's. */
  cappedUntilMs: number;
}

/** A lane and its account. */
interface Limited {
  readonly quotas: Quotas;
  readonly account: { readonly quotas: Quotas };
}

export function newQuotas(): Quotas {
  return { known: new Map(), pressedUntilMs: Number.NEGATIVE_INFINITY, cappedUntilMs: Number.NEGATIVE_INFINITY };
}

export function isPressed(limited: Limited, nowMs: number): boolean {
  return nowMs < pressedUntilMs(limited);
}

/** How long it is pressed by what is known now; null: it is not. */
export function pressedForMs(limited: Limited, nowMs: number): number | null {
  const untilMs = pressedUntilMs(limited);
  return nowMs < untilMs ? untilMs - nowMs : null;
}

function pressedUntilMs({ account, quotas }: Limited): number {
  return Math.max(account.quotas.pressedUntilMs, account.quotas.cappedUntilMs, quotas.pressedUntilMs);
}

export function quotasLeft({ account, quotas }: Limited, nowMs: number): QuotaLeft[] {
  return [...account.quotas.known.values(), ...quotas.known.values()].flatMap(({ fact, untilMs }) =>
    nowMs < untilMs
      ? [{ window: fact.window, scope: fact.scope, leftShare: fact.leftShare, resetsInMs: untilMs - nowMs }]
      : [],
  );
}

/** Takes in one fact; the latest of its window counts. */
export function takeQuota(quotas: Quotas, fact: QuotaFact, nowMs: number, planPressureBelow: number): void {
  const below = isOfPlan(fact) ? planPressureBelow : PRESSURE_BELOW;
  quotas.known.set(fact.window, stepQuota(quotas.known.get(fact.window), fact, nowMs, below));
  press(quotas);
}

/** As they were known before. */
export function restoreQuotas(quotas: Quotas, known: readonly Quota[]): void {
  for (const quota of known) quotas.known.set(quota.fact.window, quota);
  press(quotas);
}

export function forgetQuotas(quotas: Quotas): void {
  quotas.known.clear();
  press(quotas);
}

function press(quotas: Quotas): void {
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const quota of quotas.known.values()) if (quota.isLow) untilMs = Math.max(untilMs, quota.untilMs);
  quotas.pressedUntilMs = untilMs;
}

function isOfPlan({ window, resetsInMs }: QuotaFact): boolean {
  return PLAN_WINDOW.test(window) || (resetsInMs ?? 0) >= PLAN_MS_MIN;
}

function stepQuota(before: Quota | undefined, fact: QuotaFact, nowMs: number, below: number): Quota {
  const { leftShare, resetsInMs } = fact;
  const forMs = resetsInMs ?? RESET_MS_DEFAULT;
  const wasLow = before?.isLow === true && nowMs < before.untilMs;
  const isLow = forMs >= PRESSING_MS_MIN && leftShare < (wasLow ? below + RELIEF : below);
  return { fact, untilMs: nowMs + forMs, isLow };
}
