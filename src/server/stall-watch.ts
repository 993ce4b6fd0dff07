/** Notices a client that takes nothing of what stands ready, for so long that it counts as gone. */
import type { Effects } from "../std/effects.ts";

/** How long a client may take nothing of what stands ready. */
export const STALL_MS = 120_000;

export interface StallWatch {
  /** Bytes wait for the client from now on. */
  ready(): void;
  /** The client waits for us, however long that takes. */
  waits(): void;
  stop(): void;
}

interface StallWatchOptions extends Pick<Effects, "nowMs" | "setTimer"> {
  /** Once. */
  readonly onStall: () => void;
}

/** One timer for a whole stream, looking back when it fires: arming one for every chunk would cost more than sending it. */
export function watchStall({ nowMs, setTimer, onStall }: StallWatchOptions): StallWatch {
  let readyMs: number | null = null;
  const arm = (ms: number): (() => void) =>
    setTimer(ms, () => {
      const waitedMs = readyMs === null ? 0 : nowMs() - readyMs;
      if (waitedMs < STALL_MS) cancel = arm(STALL_MS - waitedMs);
      else onStall();
    });
  let cancel = arm(STALL_MS);
  return {
    ready() {
      readyMs = nowMs();
    },
    waits() {
      readyMs = null;
    },
    stop: () => cancel(),
  };
}
