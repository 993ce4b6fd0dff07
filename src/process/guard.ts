/**
 * The last net under a worker: errors nobody caught are counted and the process goes on, because other clients' streams
 * are in it. Too many of them in a minute mean that it is sick, and it is replaced.
 */

export interface GuardOptions {
  readonly nowMs: () => number;
  /** Name and place of the error, never its message: that may quote a body or a key. */
  readonly onError: (description: string) => void;
  /** Once. */
  readonly onSick: () => void;
}

const WINDOW_MS = 60_000;
/** Errors in a window that a worker survives. */
const ERRORS_MAX = 10;

/** Takes every error nobody caught. */
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

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const place = (error.stack ?? "").split("\n").find((line) => line.trimStart().startsWith("at "));
  return `${error.name}${code} ${place?.trim() ?? ""}`.trimEnd();
}
