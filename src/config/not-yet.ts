/**
 * Keys the configuration format has and this version does not act on. Each is announced, and refused
 * where safety rests on it: a limit that does not hold is worse than no limit. A part that is built loses its row.
 */
import type { Path } from "./problem.ts";
import type { ConfigFile } from "./schema.ts";

interface NotYet {
  /** As in docs/deviations.md. */
  readonly id: string;
  readonly severity: "error" | "warning";
  /** A sentence that says what to do. */
  readonly message: string;
  /** Where the configuration uses it; empty: it does not. */
  readonly find: (config: ConfigFile) => readonly Path[];
}

export const NOT_YET: readonly NotYet[] = [
  {
    id: "otlp",
    severity: "warning",
    message: "traces are not available in this version and none are sent; remove it, /metrics has the figures",
    find: (config) => (config.observability?.otlp_endpoint === undefined ? [] : [["observability", "otlp_endpoint"]]),
  },
  {
    id: "webhook",
    severity: "warning",
    message: "the request webhook is not available in this version and nothing is sent; remove it",
    find: (config) =>
      config.observability?.request_log_webhook_url === undefined ? [] : [["observability", "request_log_webhook_url"]],
  },
];
