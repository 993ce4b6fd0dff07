/**
 * What the latest attempts of a lane were like, for policies that look at speed and success. A ring of plain numbers: one
 * attempt costs three writes, and the figures are worked out for a policy that asks, and for no other.
 */

/** Enough for a 95th percentile; a lane has one ring. */
export const RECENT_ATTEMPTS_MAX = 64;
/** What is older tells nothing of how a lane is now. */
export const RECENT_ATTEMPTS_AGE_MS_MAX = 10 * 60_000;

/** Filled to the maximum, then the oldest is written over. */
export interface RecentAttempts {
  readonly endedMs: number[];
  /** NaN: it came to nothing, so it has no first byte. */
  readonly firstByteMs: number[];
  /** Place of the next one. */
  next: number;
}

export interface LaneFigures {
  /** Attempts under way. */
  readonly inflight: number;
  /** From the start of an attempt to the first byte for the client, of recent answers; null: there were none. */
  readonly firstByteMs: { readonly p50: number; readonly p95: number } | null;
  /** Of recent attempts, the share that was answered, 0 to 1; a client's fault counts as neither. null: there were none. */
  readonly successShare: number | null;
}

export function noRecentAttempts(): RecentAttempts {
  return { endedMs: [], firstByteMs: [], next: 0 };
}

/** `firstByteMs`: null for an attempt that failed. */
export function noteAttempt(recent: RecentAttempts, firstByteMs: number | null, nowMs: number): void {
  recent.endedMs[recent.next] = nowMs;
  recent.firstByteMs[recent.next] = firstByteMs ?? Number.NaN;
  recent.next = (recent.next + 1) % RECENT_ATTEMPTS_MAX;
}

export interface EndedAttempt {
  readonly endedMs: number;
  /** null: it failed. */
  readonly firstByteMs: number | null;
}

/** Oldest first. */
export function attemptsOf({ endedMs, firstByteMs, next }: RecentAttempts): EndedAttempt[] {
  const attempts = endedMs.map((moment, at): EndedAttempt => {
    const ms = firstByteMs[at] ?? Number.NaN;
    return { endedMs: moment, firstByteMs: Number.isNaN(ms) ? null : ms };
  });
  return [...attempts.slice(next), ...attempts.slice(0, next)];
}

export function figuresOf(recent: RecentAttempts, inflight: number, nowMs: number): LaneFigures {
  const lasting = recent.firstByteMs.filter(
    (_, at) => nowMs - (recent.endedMs[at] ?? Number.NEGATIVE_INFINITY) < RECENT_ATTEMPTS_AGE_MS_MAX,
  );
  const answered = lasting.filter((ms) => !Number.isNaN(ms)).toSorted((one, other) => one - other);
  const [p50, p95] = [quantile(answered, 0.5), quantile(answered, 0.95)];
  return {
    inflight,
    firstByteMs: p50 === undefined || p95 === undefined ? null : { p50, p95 },
    successShare: lasting.length === 0 ? null : answered.length / lasting.length,
  };
}

/** Nearest rank: the least value that this share of all does not exceed. */
function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
