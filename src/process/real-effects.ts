/** The real clock, chance and network. The only place that makes clocks and timers; everything else is given them. */
import type { Cancel, Effects } from "../std/effects.ts";
import { createRandomId } from "../std/random-id.ts";
import { createSharedTimers } from "../std/shared-timers.ts";
import { realConnect } from "./real-connect.ts";

/**
 * `shared`: for a process with thousands of them, which ends by itself. `own`: a cancelled one lets the process end.
 * `quiet`: one that waits does so too.
 */
export type RealTimers = "shared" | "own" | "quiet";

export function realEffects(timers: RealTimers): Effects {
  const nowMs = (): number => performance.now();
  return {
    nowMs,
    wallMs: () => Date.now(),
    random: () => Math.random(),
    randomId: createRandomId((bytes) => crypto.getRandomValues(bytes)),
    setTimer: timerOf(timers, nowMs),
    fetch: (url, init) => fetch(url, init),
    connect: realConnect,
  };
}

function timerOf(timers: RealTimers, nowMs: () => number): Effects["setTimer"] {
  switch (timers) {
    case "shared":
      return createSharedTimers({ nowMs, setTimer: ownTimer });
    case "own":
      return ownTimer;
    case "quiet":
      return quietTimer;
  }
}

function ownTimer(ms: number, fire: () => void): Cancel {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
}

function quietTimer(ms: number, fire: () => void): Cancel {
  const timer = setTimeout(fire, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
