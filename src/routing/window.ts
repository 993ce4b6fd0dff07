/**
 * The newest outcomes of one cell. A chain from new to old. One more outcome is a single small object, so the breaker's
 * steps stay pure without copying a thousand entries per request.
 */

export interface Outcomes {
  readonly atMs: number;
  readonly failed: boolean;
  readonly older: Outcomes | null;
  readonly length: number;
}

/** More than this many are never counted; older ones are the least telling. */
export const OUTCOMES_MAX = 1024;

export function addOutcome(
  outcomes: Outcomes | null,
  added: { readonly atMs: number; readonly failed: boolean },
): Outcomes {
  // Twice the maximum before cutting back, so that cutting costs little per outcome.
  const older = outcomes !== null && outcomes.length >= 2 * OUTCOMES_MAX ? newest(outcomes) : outcomes;
  return { atMs: added.atMs, failed: added.failed, older, length: (older?.length ?? 0) + 1 };
}

/** Outcomes at or after `sinceMs`. */
export function tally(outcomes: Outcomes | null, sinceMs: number): { readonly total: number; readonly failed: number } {
  let total = 0;
  let failed = 0;
  for (let each = outcomes; each !== null && each.atMs >= sinceMs && total < OUTCOMES_MAX; each = each.older) {
    total++;
    if (each.failed) failed++;
  }
  return { total, failed };
}

/** The newest `OUTCOMES_MAX`, chained anew so that the others can be freed. */
function newest(outcomes: Outcomes): Outcomes | null {
  const kept: Outcomes[] = [];
  for (let each: Outcomes | null = outcomes; each !== null && kept.length < OUTCOMES_MAX; each = each.older)
    kept.push(each);
  return kept.reduceRight<Outcomes | null>(
    (older, each) => ({ atMs: each.atMs, failed: each.failed, older, length: (older?.length ?? 0) + 1 }),
    null,
  );
}
