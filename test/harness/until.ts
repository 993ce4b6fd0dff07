/** Waits for a condition, not for a time. */

const UNTIL_MS_MAX = 20_000;

/** Looks until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + UNTIL_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`it never came: ${isSo}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
