/** How long to leave a device or broker alone that did not answer. */

const FIRST_MS = 1_500;
const MAX_MS = 60_000;

/** `failures`: in a row, at least one. Between half and all of a doubling pause, so that clocks do not knock in step. */
export function retryDelayMs(failures: number, random: () => number): number {
  const pauseMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(Math.max(0, failures - 1), 16));
  return Math.round(pauseMs * (0.5 + random() / 2));
}
