/** Admission of a request by the limits of its caller: they are taken from, or refuse, before any lane is tried. */
import type { Admission, AdmitInput, Admitted, Pass } from "../../governance/admission.ts";
import type { GradingCost } from "../../governance/grading-cost.ts";
import type { Deployment, Lane, Target } from "../../ir/deployment.ts";
import type { Failure } from "../../ir/failure.ts";
import { JUDGE_TOKENS } from "../../ir/quality.ts";
import type { ClientCall } from "./call.ts";

/** What a caller is told of its limits beside the answer. */
export type LimitsNotice = Pick<Pass, "limits" | "warnings" | "projectIgnored">;

export type AdmittedRequest =
  /** `pass` null: the caller has no limits. */
  | { readonly kind: "admitted"; readonly pass: Pass | null }
  | { readonly kind: "refused"; readonly failure: Failure; readonly notice: LimitsNotice };

interface AdmissionRequest {
  readonly deployment: Deployment;
  readonly call: ClientCall;
  readonly target: Target;
  readonly couldServe: (lane: Lane) => boolean;
}

/** What a request is admitted by. */
export function admitInputOf({ deployment, call, target, couldServe }: AdmissionRequest): AdmitInput {
  return {
    caller: call.caller,
    lanes: lanesOf(deployment, target),
    couldServe,
    facts: call.request.facts,
    headers: call.parts.headers,
    choices: () => {
      const read = call.ir();
      return read.ok ? (read.value.value.choices ?? 1) : 1;
    },
    grading: gradingCostOf(deployment, call, target),
  };
}

/** undefined: its answers are not graded. */
function gradingCostOf(deployment: Deployment, call: ClientCall, target: Target): GradingCost | undefined {
  const { quality } = target;
  if (quality === null || call.request.facts.operation !== "chat") return undefined;
  return {
    answers: quality.attempts,
    judges: quality.evaluators.flatMap((each) => {
      const judge = each.kind === "judge" ? deployment.targets[each.model] : undefined;
      if (judge === undefined) return [];
      const { inputTokens, outputTokens } = JUDGE_TOKENS;
      return [{ lanes: lanesOf(deployment, judge), inputTokens, outputTokens }];
    }),
  };
}

/** Waits only where a lease is used up. */
export function admit(admission: Admission, request: AdmissionRequest): AdmittedRequest | Promise<AdmittedRequest> {
  const admitting = admission.admit(admitInputOf(request));
  return admitting instanceof Promise ? admitting.then(toldOf) : toldOf(admitting);
}

/** Where there are no limits. */
export const UNLIMITED: AdmittedRequest = { kind: "admitted", pass: null };

function toldOf(admitted: Admitted): AdmittedRequest {
  if (admitted.kind !== "refused") return admitted;
  const { failure, limits } = admitted;
  return { kind: "refused", failure, notice: { limits: () => limits, warnings: [], projectIgnored: false } };
}

/** Targets are those of the configuration, and what they lead to never changes. */
const LANES = new WeakMap<Target, readonly Lane[]>();

/** Every lane an exchange may come to, over fallback pools too. */
function lanesOf(deployment: Deployment, target: Target): readonly Lane[] {
  const known = LANES.get(target);
  if (known !== undefined) return known;
  const ids = new Set<string>();
  const visited = new Set<string>();
  for (let at: Target | undefined = target; at !== undefined && !visited.has(at.name); ) {
    visited.add(at.name);
    for (const { weight, lanes } of at.members) if (weight > 0) for (const id of lanes) ids.add(id);
    for (const id of at.substitutes) ids.add(id);
    at = at.onExhausted.action === "fallback-pool" ? deployment.targets[at.onExhausted.pool] : undefined;
  }
  const lanes = [...ids].flatMap((id) => deployment.lanes[id] ?? []);
  LANES.set(target, lanes);
  return lanes;
}
