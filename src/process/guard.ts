/**
 * The last net under a worker: uncaught errors are counted and the process goes on, because other clients' streams
 * are in it. Too many of them in a minute mean that it is sick, and it is replaced.
 */
import { describeError } from "../std/describe-error.ts";

interface GuardOptions {
  readonly nowMs: () => number;
  /** Name and place of the error, never its message: that may quote a body or a key. */
  readonly onError: (description: string) => void;
  /** Once. */
  readonly onSick: () => void;
}

const WINDOW_MS = 60_000;
/** Errors in a window that a worker survives. */
const ERRORS_MAX = 10;

/** Takes every uncaught error. */
export function createGuard(options: GuardOptions): (error: unknown) => void {
  let recentMs: number[] = [];
  let isSick = false;
  return (error) => {
    options.onError(describeError(error));
    if (isSick) return;
    const nowMs = options.nowMs();
    recentMs = [...recentMs.filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs];
    if (recentMs.length <= ERRORS_MAX) return;
    isSick = true;
    options.onSick();
  };
}
