/** What every display is. It is shown snapshots and nothing else, so it has no way back into an exchange. */
import type { Cancel, Effects } from "../std/effects.ts";
import type { Secret } from "../std/secret.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Display {
  /** Cheap and never throws; a display that has shown something a moment ago keeps the newest snapshot for later. */
  show(snapshot: Snapshot): void;
  /** Shows what is still owed and lets go of every timer. Idempotent; nothing is shown after it. */
  close(): Promise<void>;
}

/** One that stands somewhere else, on a desk or behind a broker. */
export interface RemoteDisplay extends Display {
  state(): DisplayState;
}

/** What an operator wants to know of a display. Plain data, and nothing secret in it. */
export interface DisplayState {
  readonly name: string;
  readonly type: string;
  /** up: the last message was taken. quiet: it is up, and it is a time at which it shows nothing. */
  readonly state: "connecting" | "up" | "quiet" | "down";
  /** What went wrong, or what the device says it is; null: there is nothing to say. */
  readonly detail: string | null;
  /** When the last picture was taken; null: none was. */
  readonly shownWallMs: number | null;
  /** Since the start. */
  readonly shown: number;
  readonly alerts: number;
  readonly failures: number;
}

/** All a remote display may ask of the world. */
export interface DisplayEffects {
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly random: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
  readonly fetch: Effects["fetch"];
}

/** Read anew at every connection: a password that changed is used at the next one. */
export interface Login {
  readonly username: () => Secret | null;
  readonly password: () => Secret | null;
  /** PEM text; null: the authorities of this machine. */
  readonly ca: string | null;
}

/** Resolves when `what` does or the time is over, whichever is first. `what` must not reject. */
export function within(
  ms: number,
  what: Promise<unknown>,
  { setTimer }: Pick<DisplayEffects, "setTimer">,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = setTimer(ms, resolve);
    void what.then(() => {
      cancel();
      resolve();
    });
  });
}
