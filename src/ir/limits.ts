/** Limits of a minute as a client hears of them in headers. */

/** What a caller has left of its limits of a minute; null: there is no such limit. */
export interface RateLimits {
  readonly requests: RateLimit | null;
  readonly tokens: RateLimit | null;
}

export interface RateLimit {
  readonly limit: number;
  readonly left: number;
  /** Until all that counts now has ceased to count. */
  readonly resetMs: number;
}
