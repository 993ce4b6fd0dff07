/** How long to wait before a worker that ended is started again. */

const FIRST_MS = 50;
const MAX_MS = 10_000;
/** A worker that lived this long was well; its end is the first of a new row. */
export const WELL_AFTER_MS = 30_000;

/** `ends`: how many in a row, this one included. Between half and all of a doubling pause, so that workers do not move in step. */
export function restartDelayMs(ends: number, random: () => number): number {
  const pauseMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(ends - 1, 16));
  return Math.round(pauseMs * (0.5 + random() / 2));
}
