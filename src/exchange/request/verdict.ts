/**
 * Verdicts on a request before lanes are looked at: each refuses it, or decides more of it. Their order is one list, with an
 * operator's own after access and before what depends on the target.
 */

import { mayAsk, namesUsedBy } from "../../governance/admit.ts";
import type { Caller } from "../../governance/identify.ts";
import type { Deployment } from "../../ir/deployment.ts";
import type { Operation } from "../../ir/facts.ts";
import { type Failure, failed, failure, ok, type Result } from "../../ir/failure.ts";
import { refusesPatterns } from "../../routing/alias.ts";
import { findAsked } from "../../routing/asked-name.ts";
import type { RequestDraft, VerdictWait } from "../verdict-contract.ts";
import { tighterMode, translationMode } from "./facts.ts";
import { wrongNotices } from "./notices-wish.ts";
import { didYouMean, nearestName, notExact, unknownModel } from "./unknown-name.ts";

/** A verdict that is asked within its bounds. */
export type RequestRule = (draft: RequestDraft) => Result<RequestDraft> | Promise<VerdictWait<Result<RequestDraft>>>;

/** All verdicts in their order; `own` are the operator's. */
export function requestRules(
  given: { readonly deployment: Deployment; readonly isStopped: () => boolean },
  own: readonly RequestRule[],
): readonly RequestRule[] {
  return [
    (draft) => checkDebug(given.deployment, draft),
    (draft) => resolveTarget(given.deployment, draft),
    ...own,
    resolveWishes,
    (draft) => (given.isStopped() ? failed(STOPPING) : ok(draft)),
  ];
}

/** `draft`: as far as it was decided. */
export type JudgedRequest =
  | { readonly kind: "passed" | "stopped"; readonly draft: RequestDraft }
  | { readonly kind: "refused"; readonly draft: RequestDraft; readonly failure: Failure };

/** No promise where every verdict is known at once. */
export function judgeRequest(
  rules: readonly RequestRule[],
  given: RequestDraft,
): JudgedRequest | Promise<JudgedRequest> {
  let draft = given;
  let at = -1;
  for (const rule of rules) {
    at += 1;
    const verdict = rule(draft);
    if (verdict instanceof Promise) return judgeLater(rules.slice(at + 1), draft, verdict);
    if (!verdict.ok) return { kind: "refused", draft, failure: verdict.failure };
    draft = verdict.value;
  }
  return { kind: "passed", draft };
}

async function judgeLater(
  rest: readonly RequestRule[],
  draft: RequestDraft,
  verdict: Promise<VerdictWait<Result<RequestDraft>>>,
): Promise<JudgedRequest> {
  const how = await verdict;
  switch (how.kind) {
    case "stopped":
      return { kind: "stopped", draft };
    case "late":
      return { kind: "refused", draft, failure: LATE };
    case "known":
      return how.value.ok
        ? judgeRequest(rest, how.value.value)
        : { kind: "refused", draft, failure: how.value.failure };
  }
}

const LATE = failure("deadline-exceeded", "The request was not judged in time.");

export const STOPPING = failure("shutting-down", "The gateway is shutting down. Send the request again.", 1_000);

// ---------------------------------------------------------------- the gateway's own

function resolveTarget(deployment: Deployment, draft: RequestDraft): Result<RequestDraft> {
  const { caller, facts, named } = draft;
  const hasOtherNames = named && HAVE_ALIASES.has(facts.operation);
  const found = findAsked(deployment, facts.target, hasOtherNames ? namesUsedBy(caller) : "none");
  if (found === null && !named) return failed(unnamedModel(facts.target));
  if (found !== null && mayAsk(caller, found.target.name)) {
    const isVague = found.alias === "pattern" && refusesPatterns(found.target);
    return isVague ? failed(notExact(facts.target, found.target.name)) : ok({ ...draft, ...found });
  }
  const meant = nearestName(deployment, caller, facts.target);
  // A restricted caller learns nothing about names it may not ask for.
  if (caller.allowedTargets !== null)
    return failed(failure("forbidden", `This key may not use the requested model.${didYouMean(meant)}`));
  return failed(unknownModel(facts.target, meant));
}

/** What was decided names lanes and their trouble: the operator says who may read that, for all or for a key. */
export function mayDebug({ errorDetail }: Pick<Deployment, "errorDetail">, { debug }: Pick<Caller, "debug">): boolean {
  return debug ?? errorDetail === "full";
}

function checkDebug(deployment: Deployment, draft: RequestDraft): Result<RequestDraft> {
  if (draft.wishes?.debug !== true || mayDebug(deployment, draft.caller)) return ok(draft);
  return failed(failure("forbidden", "x-router-debug is not allowed for this caller."));
}

/** The other operations are asked of other kinds of models, which an alias for a chat model cannot mean. */
const HAVE_ALIASES: ReadonlySet<Operation> = new Set<Operation>(["chat", "count"]);

/** The tightest of what the target, the client's header and a verdict before want; and what else the client's headers want. */
function resolveWishes(draft: RequestDraft): Result<RequestDraft> {
  const { parts, target } = draft;
  const wrong = wrongNotices(parts.headers);
  if (wrong !== null) return failed(wrong);
  const mode = translationMode(target?.translation ?? "lenient", parts.headers["x-ringmain-translation"]);
  if (!mode.ok) return mode;
  const translation = tighterMode(mode.value, draft.translation);
  return ok(translation === draft.translation ? draft : { ...draft, translation });
}

/** The vendor would have chosen; here only the operator may. */
function unnamedModel(absent: string): Failure {
  return failure(
    "invalid-request",
    `The request names no model, and no model here is called "${absent}" to stand in for it. Send "model"; GET /v1/models lists what there is.`,
  );
}
