/** Waiting for a free slot when every lane that could serve is full: first come first served, bounded in number and time. */
import type { Lane, Target } from "../../ir/deployment.ts";
import type { Decision } from "../../routing/index.ts";
import type { Book } from "../record-builder.ts";
import type { Call, World } from "../request/call.ts";
import type { Standing } from "../shared-state.ts";

/** Waiting requests of all models together: each holds its body in memory. */
export const WAITING_MAX = 10_000;

export interface SlotWait {
  readonly world: World;
  readonly standing: Standing;
  readonly call: Call;
  readonly book: Book;
  readonly deadlineMs: number;
  readonly target: Target;
  readonly decision: Decision;
}

/** free: look again. none: nothing to wait for, or not in time. abandoned: the client left. */
export async function waitForSlot(input: SlotWait): Promise<"free" | "none" | "abandoned"> {
  const { world, standing, call, book } = input;
  const full = lanesWithRoom(input);
  const startedMs = world.effects.nowMs();
  const patienceMs = Math.max(0, ...full.map(({ queue }) => queue.maxWaitMs));
  const waitMs = Math.min(patienceMs, input.deadlineMs - startedMs);
  if (full.length === 0 || waitMs <= 0 || waitingNow(standing) >= WAITING_MAX) return "none";
  const models = [...new Set(full.map(({ model }) => model))];
  count(standing, input.target, models, 1);
  const how = await new Promise<"free" | "none" | "abandoned">((resolve) => {
    const finish = (end: "free" | "none" | "abandoned"): void => {
      cancelTimer();
      cancelWake();
      call.signal.removeEventListener("abort", onAbort);
      resolve(end);
    };
    const onAbort = (): void => finish("abandoned");
    const cancelWake = standing.health.onFree(full, () => finish("free"));
    const cancelTimer = world.effects.setTimer(waitMs, () => finish("none"));
    call.signal.addEventListener("abort", onAbort, { once: true });
  });
  count(standing, input.target, models, -1);
  book.queuedMs += world.effects.nowMs() - startedMs;
  return how;
}

export function waitingNow(standing: Standing): number {
  let sum = 0;
  for (const waiting of standing.waiting.values()) sum += waiting;
  return sum;
}

/** Full lanes whose model's queue takes one more. */
function lanesWithRoom({ world, standing, decision }: SlotWait): readonly Lane[] {
  return decision.left
    .filter(({ because }) => because === "full")
    .flatMap(({ lane }) => world.deployment.lanes[lane] ?? [])
    .filter(({ model, queue }) => (standing.queued.get(model) ?? 0) < queue.max);
}

function count(standing: Standing, target: Target, models: readonly string[], change: 1 | -1): void {
  standing.waiting.set(target.name, (standing.waiting.get(target.name) ?? 0) + change);
  for (const model of models) standing.queued.set(model, (standing.queued.get(model) ?? 0) + change);
}
