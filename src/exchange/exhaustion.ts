/** When no lane of a target serves: waiting for one that recovers by itself, and what the client is told in the end. */
import type { Lane, Target } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import type { LaneChoice } from "../routing/decide.ts";
import { couldEverServe, nothingLeft } from "../routing/failover.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import type { World } from "./contract.ts";
import type { ClientCall } from "./request/call.ts";
import type { SharedState } from "./shared-state.ts";

/** What an exchange has come to. */
interface FinalLook {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly failures: readonly { readonly lane: Lane; readonly failure: Failure }[];
  /** Strict translation refused a lane, or its protocol cannot say what was asked; the answer if nothing else serves. */
  readonly lossesRefused: Failure | null;
  readonly deadlineMs: number;
}

/** For lanes that were out when the engine looked; a lane that was tried is not tried again. */
export async function waitForRecovery(
  run: FinalLook & { readonly tried: ReadonlySet<string> },
  target: Target,
  maxMs: number,
): Promise<"recovered" | "not-in-time" | "abandoned"> {
  const { effects, deployment } = run.world;
  const now = effects.nowMs();
  const ids = target.members.flatMap((member) => member.lanes).filter((id) => !run.tried.has(id));
  const lanes = ids.flatMap((id) => deployment.lanes[id] ?? []);
  const at = run.shared.health.recoversAtMs(target, lanes, now);
  if (at === null || at - now > maxMs || at > run.deadlineMs) return "not-in-time";
  const done = await sleep(effects.setTimer, Math.max(0, at - now), run.call.signal);
  if (!done) return "abandoned";
  return "recovered";
}

/** False when the signal fired first. */
function sleep(setTimer: World["effects"]["setTimer"], ms: number, signal: StopSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = setTimer(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** What a client would be told now, had nothing been tried. */
export function nothingLeftFor(input: {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly target: Target;
  readonly decision: LaneChoice;
}): Failure {
  const nothing = { failures: [], lossesRefused: null, deadlineMs: Number.POSITIVE_INFINITY };
  return finalFailure({ ...input, ...nothing }, input.target, input.decision).failure;
}

/** What the client is told; `from`: protocol id of the lane whose words these are, null: ours. */
export function finalFailure(
  run: FinalLook,
  target: Target,
  decision: LaneChoice,
): { failure: Failure; from: string | null } {
  const { world, shared, call } = run;
  if (run.lossesRefused !== null && run.failures.length === 0) return { failure: run.lossesRefused, from: null };
  const { lanes } = world.deployment;
  const nowMs = world.effects.nowMs();
  const couldServe = couldEverServe(decision, lanes);
  const told = nothingLeft({
    target,
    lanes,
    needs: call.request.facts.needs,
    couldServe,
    attempts: run.failures,
    stored: couldServe.flatMap((lane) => {
      const { failure } = shared.health.condition(target, lane, nowMs);
      return failure === null ? [] : [{ lane, failure }];
    }),
    left: decision.left,
    nowMs,
    deadlineMs: run.deadlineMs,
    recoversAtMs: shared.health.recoversAtMs(target, couldServe, nowMs),
  });
  const from = run.failures.find(({ failure }) => failure.upstream !== null && failure.upstream === told.upstream);
  return { failure: told, from: from?.lane.protocol ?? null };
}
