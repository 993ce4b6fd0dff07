/**
 * Verdicts on an answer that is held: each may fail it before any of it reaches the client, so that another lane may
 * serve. The gateway's own stand in one list with an operator's.
 */
import { isReportedAs } from "../../ir/canonical.ts";
import type { Target } from "../../ir/deployment.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { Grade } from "../../ir/quality.ts";
import type { AnswerSource } from "../lane/attempt-context.ts";
import type { HeldAnswer, Hold, VerdictWait } from "../verdict-contract.ts";
import { type BegunOutcome, type Outcome, unanswered } from "./outcome.ts";

/** A verdict that is asked within its bounds. */
export interface AnswerRule {
  readonly hold: Hold;
  judge(answer: HeldAnswer): Failure | null | Promise<VerdictWait<Failure | null>>;
  /** What it gave the answer, once that was judged; null or absent: it gives no grades. */
  readonly grade?: Grade | null;
}

/** What the rules gave one answer; null: nothing. */
export function gradeOf(rules: readonly AnswerRule[]): Grade | null {
  for (const { grade } of rules) if (grade != null) return grade;
  return null;
}

/** Operations whose answers name a model as the vendor's catalogue does. */
const NAMES_ITS_MODEL: ReadonlySet<string> = new Set(["chat", "complete"]);

/** In strict identity an answer of another reported model is refused. */
const REPORTED_MODEL: AnswerRule = {
  hold: "until-meaningful",
  judge: ({ lane, facts, reportedModel }) =>
    reportedModel === null || !NAMES_ITS_MODEL.has(facts.operation) || isReportedAs(lane, reportedModel)
      ? null
      : failure("wrong-model", "The model's provider answered with another model than the one asked for."),
};

const STRICT: readonly AnswerRule[] = [REPORTED_MODEL];
const NONE: readonly AnswerRule[] = [];

/** The gateway's own, in their order. */
export function answerRulesOf({ identity }: Target): readonly AnswerRule[] {
  return identity === "strict" ? STRICT : NONE;
}

/** The outcome, or the failure of the first verdict against it. No promise where every verdict is known at once. */
export function judgeAnswer(
  attempt: AnswerSource,
  rules: readonly AnswerRule[],
  outcome: Outcome,
): Outcome | Promise<Outcome> {
  if (rules.length === 0 || outcome.kind === "failed" || outcome.kind === "abandoned") return outcome;
  return judgeFrom(attempt, rules, outcome, 0);
}

function judgeFrom(
  attempt: AnswerSource,
  rules: readonly AnswerRule[],
  outcome: BegunOutcome,
  from: number,
): Outcome | Promise<Outcome> {
  const answer = heldOf(attempt, outcome);
  for (let at = from; at < rules.length; at++) {
    const rule = rules[at];
    const verdict = rule?.judge(answer) ?? null;
    if (verdict instanceof Promise) return judgeLater(attempt, rules, outcome, { at, verdict });
    if (verdict !== null) return refuse(outcome, rule, verdict);
  }
  return outcome;
}

async function judgeLater(
  attempt: AnswerSource,
  rules: readonly AnswerRule[],
  outcome: BegunOutcome,
  { at, verdict }: { readonly at: number; readonly verdict: Promise<VerdictWait<Failure | null>> },
): Promise<Outcome> {
  const how = await verdict;
  switch (how.kind) {
    case "stopped":
      giveUp(outcome);
      return { kind: "abandoned" };
    case "late":
      return refuse(outcome, rules[at], LATE);
    case "known":
      return how.value === null ? judgeFrom(attempt, rules, outcome, at + 1) : refuse(outcome, rules[at], how.value);
  }
}

const LATE = failure("answer-refused", "The model's answer was not judged in time.");

function heldOf({ target, lane, call }: AnswerSource, outcome: BegunOutcome): HeldAnswer {
  const { caller, request } = call;
  const common = { target, lane, caller, facts: request.facts };
  return outcome.kind === "answered"
    ? { ...common, reportedModel: outcome.reportedModel, usage: outcome.usage, bytes: [outcome.body] }
    : { ...common, reportedModel: outcome.flow.note.model, usage: outcome.flow.note.usage, bytes: outcome.held };
}

/** The vendor bills an answer that came to its end, whatever the verdict on it. */
function refuse(outcome: BegunOutcome, rule: AnswerRule | undefined, failed: Failure): Outcome {
  giveUp(outcome);
  const { usage, model } =
    outcome.kind === "answered" ? { usage: outcome.usage, model: outcome.reportedModel } : outcome.flow.note;
  const given = unanswered(failed, outcome.status, true, model);
  if (rule?.hold !== "until-end") return given;
  const billed = { ...given, billed: { usage, isWhole: true } };
  return rule.grade == null ? billed : { ...billed, graded: outcome };
}

function giveUp(outcome: BegunOutcome): void {
  if (outcome.kind === "streaming") outcome.body.cancel();
}
