/**
 * Explains what would happen to a request now, without sending it. It uses the engine's own look at the lanes and the
 * writers' own translation, so an explanation cannot differ from the real thing. Plain data, with the member names of
 * the admin API.
 */

import type { AdmissionPreview, Preview } from "../../governance/admission.ts";
import { namesUsedBy } from "../../governance/admit.ts";
import type { Caller } from "../../governance/identify.ts";
import type { AliasWay, Deployment, Exhaustion, Lane, Target } from "../../ir/deployment.ts";
import { dialectWords } from "../../ir/dialect.ts";
import { type Failure, failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { refusesPatterns } from "../../routing/alias.ts";
import { findAsked } from "../../routing/asked-name.ts";
import type { LaneChoice } from "../../routing/decide.ts";
import type { Selection } from "../../routing/swrr.ts";
import type { JsonObject } from "../../std/json.ts";
import { createStopper } from "../../std/stop-signal.ts";
import type { World } from "../contract.ts";
import { nothingLeftFor } from "../exhaustion.ts";
import { prepare } from "../lane/dispatch.ts";
import { openDoor } from "../lane/door.ts";
import { isFit } from "../lane/fitness.ts";
import { answersAsAsked } from "../lane/foreign-parts.ts";
import { repairedDialect } from "../lane/repair.ts";
import { look } from "../lane-look.ts";
import { admitInputOf } from "../request/admission.ts";
import type { ClientCall } from "../request/call.ts";
import { translationMode } from "../request/facts.ts";
import { sessionKeyOf } from "../request/session.ts";
import { syntheticCall } from "../request/synthetic-call.ts";
import { didYouMean, nearestName, notExact } from "../request/unknown-name.ts";
import type { SharedState } from "../shared-state.ts";

interface ExplainInput {
  /** As a client would write it. */
  readonly target: string;
  /** What the client speaks; null: what the first lane speaks. */
  readonly protocol: string | null;
  /** The client's own body; null: the smallest request there is. */
  readonly request: JsonObject | null;
  /** Lower-case names: a session's name, a tighter translation. */
  readonly headers: Readonly<Record<string, string>>;
  /** Id or name of the key that asks, whose budgets then hold; null: none. */
  readonly key: string | null;
}

export interface Explanation {
  readonly target: string;
  /** How the name that was asked stands for it; null: it is its own. */
  readonly alias: AliasWay | null;
  readonly kind: Target["kind"];
  readonly protocol: string;
  readonly select: Target["select"];
  readonly keep: readonly string[];
  readonly translation: string;
  readonly on_exhausted: string;
  readonly deadline_ms: number;
  /** Lanes tried at most. */
  readonly attempts_max: number;
  readonly input_tokens_estimate: number;
  /** Best first: the first one would be asked now, the next if it fails. */
  readonly order: readonly ExplainedLane[];
  readonly left_out: readonly LeftOutLane[];
  /** The breaker says no, but statistics never take away the last lane. */
  readonly insists: boolean;
  /** What the client would be told; null: something can serve. */
  readonly refusal: { readonly code: string; readonly message: string; readonly retry_after_ms: number | null } | null;
  /** A sentence for people. */
  readonly reason: string;
}

interface ExplainedLane {
  readonly lane: string;
  readonly member: string;
  /** How often it would be the first, over the next requests like this one, if nothing changed; 0 to 1. */
  readonly odds: number;
  readonly health: string;
  readonly canonical: string;
  /** The protocol in which it would be asked. */
  readonly egress: string;
  readonly way: "relay" | "translate";
  /** Lanes that could not take this request at all say why; null: it can. */
  readonly refuses: string | null;
  readonly losses: readonly { readonly field: string; readonly how: string; readonly detail: string }[];
  /** Headers that say whose rules the request is written by: pinned by the provider, the client's own, or the protocol's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where its server differs from one that is in no catalog. */
  readonly dialect: readonly string[];
  /** Capabilities that are known from its vendor's list alone. */
  readonly listed: readonly string[];
  readonly free_slots: number;
  /** What is left of the vendor's limits, as it told last; empty: nothing is known. */
  readonly quotas: readonly { readonly window: string; readonly left_share: number; readonly resets_in_ms: number }[];
}

interface LeftOutLane {
  readonly lane: string;
  readonly because: string;
  readonly health: string;
  /** ms until it ends by itself; null: not by itself, or unknown. */
  readonly for_ms: number | null;
  /** Since when its vendor does not list it. */
  readonly since?: string;
}

export type Explain = (input: ExplainInput) => Promise<Result<Explanation>>;

/** Next requests the odds are counted over, and the looks at lanes that may cost. */
const DRAWS_MAX = 1_000;
const LOOKS_MAX = 50_000;

export function createExplain(options: {
  readonly world: World;
  readonly shared: SharedState;
  readonly protocols: readonly Protocol[];
  /** Null: there are no keys. */
  readonly admission: AdmissionPreview | null;
  readonly callerNamed: ((word: string) => Caller | null) | null;
}): Explain {
  const { world, shared, protocols, admission, callerNamed } = options;
  return async (input) => {
    const named = input.key === null ? null : (callerNamed?.(input.key) ?? null);
    if (input.key !== null && named === null) return failed(failure("invalid-request", "There is no such key."));
    const found = findAsked(world.deployment, input.target, namesUsedBy(named ?? ANYBODY));
    if (found === null) return failed(unknownName(world.deployment, input.target));
    const { target, alias = null, ending } = found;
    if (alias === "pattern" && refusesPatterns(target)) return failed(notExact(input.target, target.name));
    const ingress = speakerOf(protocols, input.protocol ?? firstProtocol(world, target));
    if (ingress === null) return failed(failure("invalid-request", "There is no such protocol."));
    const made = callFor(world, ingress, target, input);
    if (!made.ok) return made;
    const caller = named ?? made.value.caller;
    const call = { ...made.value, caller, ...(ending === undefined ? {} : { ending }) };
    const couldServe = (lane: Lane): boolean => isFit(world, call, lane);
    const request = admitInputOf({ deployment: world.deployment, call, target, couldServe });
    const budget = admission === null ? NO_BUDGET : await admission.preview(request);
    return ok(explained({ world, shared, call, target, alias, budget }));
  };
}

function unknownName(deployment: Deployment, asked: string): Failure {
  const meant = didYouMean(nearestName(deployment, ANYBODY, asked));
  return failure("unknown-model", `Nothing is called ${JSON.stringify(asked)} here.${meant}`);
}

/** Who explains may see every name. */
const ANYBODY: Pick<Caller, "allowedTargets" | "aliases"> = { allowedTargets: null };

function speakerOf(protocols: readonly Protocol[], id: string): Protocol | null {
  return protocols.find((protocol) => protocol.id === id) ?? null;
}

function firstProtocol({ deployment }: World, target: Target): string {
  const [id = ""] = target.members.flatMap((member) => member.lanes);
  return deployment.lanes[id]?.doors[0].protocol ?? "";
}

/** The call as the path of a request would make it. */
function callFor(world: World, ingress: Protocol, target: Target, input: ExplainInput): Result<ClientCall> {
  const translation = translationMode(target.translation, input.headers["x-ringmain-translation"]);
  if (!translation.ok) return translation;
  return syntheticCall({
    id: "explain",
    world,
    ingress,
    operation: "chat",
    model: input.target,
    body: input.request,
    headers: input.headers,
    translation: translation.value,
    signal: createStopper().signal,
  });
}

interface Explaining {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly target: Target;
  /** How the name that was asked stands for it; null: it is its own. */
  readonly alias: AliasWay | null;
  readonly budget: Preview;
}

const NO_BUDGET: Preview = { affords: () => true, refusal: null };

function explained(explaining: Explaining): Explanation {
  const { world, shared, call, target } = explaining;
  const nowMs = world.effects.nowMs();
  const looking = {
    ...explaining,
    tried: new Set<string>(),
    first: null,
    needsRoomBeyond: null,
    pass: explaining.budget,
    cappedLanes: new Map<string, number | null>(),
    sessionKey: sessionKeyOf(call, target),
  };
  const decision = look(looking, target);
  const odds = oddsOf(explaining, decision);
  const nothingLeft = decision.pick === null ? nothingLeftFor({ ...explaining, decision }) : null;
  const refusal = explaining.budget.refusal ?? nothingLeft;
  return {
    target: target.name,
    alias: explaining.alias,
    kind: target.kind,
    protocol: call.ingress.id,
    select: target.select,
    keep: target.failover.keep,
    translation: call.translation,
    on_exhausted: exhaustionText(target.onExhausted),
    deadline_ms: target.failover.deadlineMs,
    attempts_max: target.failover.cap + 1,
    input_tokens_estimate: call.request.facts.inputTokensEstimate,
    order: decision.offered.map((lane) => explainedLane(explaining, lane, odds.get(lane.id) ?? 0)),
    left_out: decision.left.map(({ lane, because, untilMs }) => ({
      lane,
      because,
      health: labelOf(explaining, lane),
      for_ms: untilMs === null ? null : Math.max(0, Math.round(untilMs - nowMs)),
      ...notListedSince(world.deployment, lane),
    })),
    insists: decision.ignoreBreaker,
    refusal:
      refusal === null
        ? null
        : { code: refusal.kind.replaceAll("-", "_"), message: refusal.message, retry_after_ms: refusal.retryAfterMs },
    reason: reasonOf(decision, shared),
  };
}

function notListedSince({ lanes }: Deployment, id: string): { readonly since?: string } {
  const sinceMs = lanes[id]?.notListedSinceMs;
  return sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() };
}

function labelOf({ world, shared, target }: Explaining, id: string): string {
  const lane = world.deployment.lanes[id];
  return lane === undefined ? "unknown" : shared.health.label(target, lane, world.effects.nowMs());
}

function explainedLane(explaining: Explaining, lane: Lane, odds: number): ExplainedLane {
  const { world, shared, call, target } = explaining;
  const facts = shared.health.facts(lane, world.effects.nowMs());
  const { door, egress } = openDoor(world, call, lane);
  const repairs = world.repairs.of(lane, door);
  const dialect = repairedDialect(lane, repairs);
  const relayed = answersAsAsked({ call, lane, egress, compacts: dialect.compaction });
  const prepared = prepare({ world, call, target, lane, door, egress, relayed }, repairs);
  const losses = prepared.ok ? prepared.value.losses : [];
  return {
    lane: lane.id,
    member: target.members.find((member) => member.lanes.includes(lane.id))?.model ?? lane.model,
    odds,
    health: labelOf(explaining, lane.id),
    canonical: lane.canonical.proven ? lane.canonical.id : `${lane.canonical.id} (unproven)`,
    egress: egress.id,
    way: relayed ? "relay" : "translate",
    refuses: prepared.ok ? null : prepared.failure.message,
    losses: losses.map(({ field, how, detail }) => ({ field, how, detail })),
    headers: versionHeaders(explaining, lane, egress),
    dialect: dialectWords(dialect),
    listed: lane.listed ?? [],
    free_slots: Math.max(0, lane.slots.max - facts.inflight),
    quotas: facts.quotas.map(({ window, leftShare, resetsInMs }) => ({
      window,
      left_share: leftShare,
      resets_in_ms: Math.round(resetsInMs),
    })),
  };
}

function versionHeaders({ world, call }: Explaining, lane: Lane, { carrier }: Protocol): Record<string, string> {
  const pinned = world.deployment.providers[lane.provider]?.headers ?? {};
  const { requestDefaults } = carrier.headers;
  return Object.fromEntries(
    Object.entries(requestDefaults).map(([name, usual]) => [name, pinned[name] ?? call.parts.headers[name] ?? usual]),
  );
}

/** Draws first picks one after another on a scratch copy of what selection remembers, and counts. */
function oddsOf(explaining: Explaining, first: LaneChoice): ReadonlyMap<string, number> {
  const { shared, target } = explaining;
  const looks = Math.max(1, first.offered.length + first.left.length);
  const draws = Math.max(1, Math.min(DRAWS_MAX, Math.floor(LOOKS_MAX / looks)));
  const selections = new Map<string, Selection>(shared.selections);
  const lastUsedMs = new Map(shared.lastUsedMs);
  const scratch: SharedState = { ...shared, selections, lastUsedMs };
  const counts = new Map<string, number>();
  for (let draw = 0; draw < draws; draw += 1) {
    const { pick, selection } = look(
      {
        ...explaining,
        shared: scratch,
        tried: new Set(),
        first: null,
        needsRoomBeyond: null,
        pass: explaining.budget,
        cappedLanes: new Map<string, number | null>(),
        sessionKey: sessionKeyOf(explaining.call, target),
      },
      target,
    );
    if (pick === null) break;
    counts.set(pick.id, (counts.get(pick.id) ?? 0) + 1);
    selections.set(target.name, selection);
    // Later than any real use, and each later than the one before.
    lastUsedMs.set(pick.id, explaining.world.effects.nowMs() + draw + 1);
  }
  return new Map([...counts].map(([lane, count]) => [lane, count / draws]));
}

function exhaustionText(policy: Exhaustion): string {
  switch (policy.action) {
    case "fallback-pool":
      return `fallback_pool:${policy.pool}`;
    case "wait":
      return `wait ${policy.maxMs} ms`;
    default:
      return policy.action.replaceAll("-", "_");
  }
}

function reasonOf({ pick, ignoreBreaker, runnerUp, offered, left }: LaneChoice, { waiting }: SharedState): string {
  if (pick === null) return left.length === 0 ? "It has no lanes." : "No lane may serve it now.";
  if (ignoreBreaker) return `${pick.id} is the last lane: it is asked although its breaker is open.`;
  const queued = [...waiting.values()].reduce((sum, each) => sum + each, 0);
  const waits = queued === 0 ? "" : ` ${queued} requests wait for a slot.`;
  if (runnerUp === null) {
    return offered.length + left.length === 1
      ? `${pick.id} is the only lane.${waits}`
      : `${pick.id} is the only one left of ${offered.length + left.length}.${waits}`;
  }
  return `${pick.id} comes first, ${runnerUp.id} stands ready.${waits}`;
}
