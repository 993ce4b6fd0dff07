/** Waiting for a free slot when every lane that could serve is full: first come first served, bounded in number and time. */
import type { Lane, Target } from "../../ir/deployment.ts";
import type { LaneChoice } from "../../routing/decide.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import type { SharedState } from "../shared-state.ts";
import { type LaneWaitEnd, waitForLane } from "./lane-wait.ts";

/** Waiting requests of all models together: each holds its body in memory. */
const WAITING_MAX = 10_000;

interface SlotWait {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly deadlineMs: number;
  readonly target: Target;
  readonly decision: LaneChoice;
  /** Waited before, for slots. */
  readonly waitedMs: number;
  /** How long this request may wait in all; null: as long as the models' queues say. */
  readonly maxMs: number | null;
}

/** No promise where there is nothing to wait for. */
export function waitForSlot(input: SlotWait): "late" | Promise<LaneWaitEnd> {
  const { world, shared, waitedMs } = input;
  const full = lanesWithRoom(input);
  const startedMs = world.effects.nowMs();
  const queueMs = input.maxMs ?? Math.max(0, ...full.map(({ queue }) => queue.maxWaitMs)) - waitedMs;
  const waitMs = Math.min(queueMs, input.deadlineMs - startedMs);
  if (full.length === 0 || waitMs <= 0 || waitingNow(shared) >= WAITING_MAX) return "late";
  return queueFor(input, full, startedMs + waitMs);
}

async function queueFor(input: SlotWait, full: readonly Lane[], untilMs: number): Promise<LaneWaitEnd> {
  const { shared, target, decision } = input;
  const models = [...new Set(full.map(({ model }) => model))];
  count(shared, target, models, 1);
  const how = await waitForLane(input, { full, untilMs, ...othersOf(input, decision) });
  count(shared, target, models, -1);
  return how;
}

/** A lane that is back before there is a slot serves as well. */
function othersOf({ world }: SlotWait, { left }: LaneChoice): { changing: Set<string>; backAtMs: number | null } {
  const nowMs = world.effects.nowMs();
  const changing = new Set<string>();
  let backAtMs: number | null = null;
  for (const { lane, because, untilMs } of left) {
    if (!OUT.has(because)) continue;
    changing.add(lane);
    if (untilMs !== null && untilMs > nowMs) backAtMs = Math.min(backAtMs ?? untilMs, untilMs);
  }
  return { changing, backAtMs };
}

const OUT: ReadonlySet<LaneChoice["left"][number]["because"]> = new Set([
  "hard-out",
  "waiting",
  "breaker-open",
  "half-open",
] as const);

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
