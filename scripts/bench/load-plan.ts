// What the benchmark tells its client to do, and what it hears back.

export interface LoadPlan {
  /** `open`: streams that stay open; the client says when all have begun and then waits to be stopped. */
  readonly kind: "buffered" | "streamed" | "open";
  readonly port: number;
  readonly path: string;
  readonly key: string;
  /** File with the body of every request: one of 1 MB has no room among the arguments of a process. */
  readonly bodyFile: string;
  readonly connections: number;
  /** In total. */
  readonly requests: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}
