/** The door between finding the target and trying lanes: limits are taken from, or refuse; and what they say is put into headers. */
import type { Pass, RateLimits } from "../../governance/admission.ts";
import type { Deployment, Lane, Target } from "../../ir/deployment.ts";
import type { Failure } from "../../ir/failure.ts";
import type { Answer } from "../contract.ts";
import { isAboutLimits } from "../lane/header-filter.ts";
import type { RecordBuilder } from "../record-builder.ts";
import type { ExchangeInput } from "../respond.ts";
import { type Call, isFailure } from "./call.ts";

/** What a caller is told of its limits beside the answer. */
export type Told = Pick<Pass, "limits" | "warnings" | "projectIgnored">;

export interface NotLetIn {
  readonly failure: Failure;
  readonly told: Told;
}

/** Null: it may go on. Waits only where a lease is used up. */
export async function letIn(
  input: ExchangeInput,
  call: Call,
  record: RecordBuilder,
  target: Target,
): Promise<NotLetIn | null> {
  const { admission, world } = input;
  if (admission === null) return null;
  const admitting = admission.admit({
    caller: call.caller,
    lanes: lanesOf(world.deployment, target),
    facts: call.request.facts,
    headers: call.parts.headers,
    choices: () => {
      const read = call.ir();
      return isFailure(read) ? 1 : (read.value.choices ?? 1);
    },
  });
  const admitted = admitting instanceof Promise ? await admitting : admitting;
  if (admitted.kind === "refused") {
    const { failure, limits } = admitted;
    return { failure, told: { limits: () => limits, warnings: [], projectIgnored: false } };
  }
  record.pass = admitted.pass;
  return null;
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
    for (const member of at.members) for (const id of member.lanes) ids.add(id);
    for (const id of at.substitutes) ids.add(id);
    at = at.onExhausted.action === "fallback-pool" ? deployment.targets[at.onExhausted.pool] : undefined;
  }
  const lanes = [...ids].flatMap((id) => deployment.lanes[id] ?? []);
  LANES.set(target, lanes);
  return lanes;
}

/** For a caller with limits of its own, ours are the ones it should heed: the vendor's are about our account. */
export function withLimits(answer: Answer, call: Call, told: Told | null, wallMs: number): Answer {
  if (told === null || (call.caller.key === null && told.warnings.length === 0)) return answer;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) if (!isAboutLimits(name)) headers[name] = value;
  const limits = told.limits();
  if (limits !== null) {
    const { carrier } = call.ingress;
    Object.assign(headers, carrier.limitHeaders?.({ ...limits, wallMs }) ?? limitHeaders(limits));
  }
  if (told.warnings.length > 0) headers["x-ringmain-budget-warning"] = told.warnings.join(", ");
  if (told.projectIgnored) headers["x-ringmain-project-ignored"] = "true";
  return { ...answer, headers };
}

/** As OpenAI's API names them (platform.openai.com, rate limits, read 2026-11), which most clients look for. */
function limitHeaders({ requests, tokens }: RateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [kind, limit] of [
    ["requests", requests],
    ["tokens", tokens],
  ] as const) {
    if (limit === null) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(limit.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(limit.left);
    headers[`x-ratelimit-reset-${kind}`] = `${Math.ceil(limit.resetMs / 1_000)}s`;
  }
  return headers;
}
