/** Waiting for a free slot when every lane that could serve is full: first come first served, bounded in number and time. */
import type { Lane, Target } from "../ir/deployment.ts";
import type { Decision } from "../routing/index.ts";
import type { Book } from "./book.ts";
import type { Call, World } from "./call.ts";
import type { Standing } from "./standing.ts";

/** More waiting requests than this are refused at once: they would only be refused later. */
export const WAITING_MAX = 1_000;
/** Longest wait for a slot. */
export const WAIT_MS_MAX = 30_000;

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
  const { world, standing, call, book, decision } = input;
  const full = decision.left
    .filter(({ because }) => because === "full")
    .flatMap(({ lane }): Lane[] => {
      const found = world.deployment.lanes[lane];
      return found === undefined ? [] : [found];
    });
  const startedMs = world.effects.nowMs();
  const waitMs = Math.min(WAIT_MS_MAX, input.deadlineMs - startedMs);
  if (full.length === 0 || waitMs <= 0 || waitingNow(standing) >= WAITING_MAX) return "none";
  count(standing, input.target, 1);
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
  count(standing, input.target, -1);
  book.queuedMs += world.effects.nowMs() - startedMs;
  return how;
}

export function waitingNow(standing: Standing): number {
  let sum = 0;
  for (const waiting of standing.waiting.values()) sum += waiting;
  return sum;
}

function count(standing: Standing, target: Target, change: 1 | -1): void {
  standing.waiting.set(target.name, (standing.waiting.get(target.name) ?? 0) + change);
}
