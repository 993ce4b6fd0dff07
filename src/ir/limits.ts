/** Limits of a minute as a client is told of them. */

/** What a caller has left of its limits of a minute; null: there is no such limit. */
export interface LimitsTold {
  readonly requests: LimitTold | null;
  readonly tokens: LimitTold | null;
  readonly wallMs: number;
}

export interface LimitTold {
  readonly limit: number;
  readonly left: number;
  /** Until nothing counts any more that counts now. */
  readonly resetMs: number;
}
