/** The idle limit of one body: it runs only while a reader waits for bytes. */
import type { Cancel, Effects } from "../std/effects.ts";

export interface IdleWatch {
  waits(): void;
  heard(): void;
  /** What was heard last was nothing. */
  idled(): void;
  close(): void;
}

/** Watches the waits of one body. One timer that looks back when it fires: one for every chunk would cost more. */
export function watchIdle(
  { nowMs, setTimer }: Pick<Effects, "setTimer" | "nowMs">,
  idleMs: number,
  onIdle: () => void,
): IdleWatch {
  if (idleMs <= 0) return UNWATCHED;
  /** Since when it waits; null: it does not. */
  let sinceMs: number | null = null;
  /** Since when it had waited for what came last. */
  let lastSinceMs = 0;
  /** Waited already, by waits that ended in nothing. */
  let waitedMs = 0;
  let cancel: Cancel | null = null;
  const arm = (ms: number): void => {
    cancel = setTimer(ms, () => {
      const silentMs = sinceMs === null ? waitedMs : nowMs() - sinceMs;
      if (sinceMs === null || silentMs < idleMs) arm(Math.max(1, idleMs - silentMs));
      else onIdle();
    });
  };
  return {
    waits() {
      sinceMs = nowMs() - waitedMs;
      waitedMs = 0;
      if (cancel === null) arm(idleMs);
    },
    heard() {
      lastSinceMs = sinceMs ?? 0;
      sinceMs = null;
    },
    idled() {
      waitedMs = nowMs() - lastSinceMs;
    },
    close: () => cancel?.(),
  };
}

const nothing = (): void => undefined;
const UNWATCHED: IdleWatch = { waits: nothing, heard: nothing, idled: nothing, close: nothing };
