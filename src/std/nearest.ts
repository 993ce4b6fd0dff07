/** "Did you mean": the known word nearest to a wrong one, so that a typing error is found at the first glance. */

/** Longest word compared; a longer one is not a typing error of a key of ours. */
const WORD_CHARS_MAX = 64;

/** Null when nothing is near: more than a third of the letters wrong is another word. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > WORD_CHARS_MAX) return null;
  const wanted = plain(word);
  const distanceMax = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (candidate.length > WORD_CHARS_MAX) continue;
    const letters = plain(candidate);
    // At least so many letters differ, and comparing costs the product of both lengths.
    if (Math.abs(letters.length - wanted.length) > distanceMax) continue;
    const distance = editDistance(wanted, letters);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return bestDistance <= distanceMax ? best : null;
}

/** `maxConcurrent`, `max-concurrent` and `max_concurrent` are the same word. */
function plain(word: string): string {
  return word.replaceAll(/[-_ ]/g, "").toLowerCase();
}

/** Insertions, deletions, changes and swaps of neighbours (Damerau, optimal string alignment), in three rows. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= right.length; at += 1) {
      const same = left[row - 1] === right[at - 1];
      let cost = Math.min((last[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1, (last[at - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && at > 1 && left[row - 1] === right[at - 2] && left[row - 2] === right[at - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[at - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
