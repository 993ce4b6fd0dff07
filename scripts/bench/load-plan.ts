// What the benchmark tells its client to do, and what it hears back.
import type { Dialect } from "./words.ts";

export interface LoadPlan {
  /** `open`: streams that stay open; the client says when all have begun and then waits to be stopped. */
  readonly kind: "buffered" | "streamed" | "open";
  readonly dialect: Dialect;
  readonly port: number;
  readonly model: string;
  readonly key: string;
  readonly connections: number;
  /** In total. */
  readonly requests: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}
