/** Waiting for a free slot when every lane that could serve is full: first come first served, bounded in number and time. */
import type { Lane, Target } from "../../ir/deployment.ts";
import type { LaneChoice } from "../../routing/decide.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import type { SharedState } from "../shared-state.ts";

/** Waiting requests of all models together: each holds its body in memory. */
const WAITING_MAX = 10_000;

interface SlotWait {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly deadlineMs: number;
  readonly target: Target;
  readonly decision: LaneChoice;
}

/** free: look again. none: no slot can become free within the deadline. abandoned: the client left. */
type SlotEnd = "free" | "none" | "abandoned";

/** No promise where there is nothing to wait for. */
export function waitForSlot(input: SlotWait): "none" | Promise<SlotEnd> {
  const { world, shared } = input;
  const full = lanesWithRoom(input);
  const startedMs = world.effects.nowMs();
  const queueMs = Math.max(0, ...full.map(({ queue }) => queue.maxWaitMs));
  const waitMs = Math.min(queueMs, input.deadlineMs - startedMs);
  if (full.length === 0 || waitMs <= 0 || waitingNow(shared) >= WAITING_MAX) return "none";
  return queueFor(input, full, waitMs);
}

async function queueFor(input: SlotWait, full: readonly Lane[], waitMs: number): Promise<SlotEnd> {
  const { world, shared, call } = input;
  const models = [...new Set(full.map(({ model }) => model))];
  count(shared, input.target, models, 1);
  const how = await new Promise<SlotEnd>((resolve) => {
    const finish = (end: SlotEnd): void => {
      cancelTimer();
      cancelWake();
      call.signal.removeEventListener("abort", onAbort);
      resolve(end);
    };
    const onAbort = (): void => finish("abandoned");
    const cancelWake = shared.health.onFree(full, () => finish("free"));
    const cancelTimer = world.effects.setTimer(waitMs, () => finish("none"));
    call.signal.addEventListener("abort", onAbort, { once: true });
  });
  count(shared, input.target, models, -1);
  return how;
}

function waitingNow(shared: SharedState): number {
  let sum = 0;
  for (const waiting of shared.waiting.values()) sum += waiting;
  return sum;
}

/** Full lanes whose model's queue takes one more. */
function lanesWithRoom({ world, shared, decision }: SlotWait): readonly Lane[] {
  return decision.left
    .filter(({ because }) => because === "full")
    .flatMap(({ lane }) => world.deployment.lanes[lane] ?? [])
    .filter(({ model, queue }) => (shared.queued.get(model) ?? 0) < queue.max);
}

function count(shared: SharedState, target: Target, models: readonly string[], change: 1 | -1): void {
  shared.waiting.set(target.name, (shared.waiting.get(target.name) ?? 0) + change);
  for (const model of models) shared.queued.set(model, (shared.queued.get(model) ?? 0) + change);
}
