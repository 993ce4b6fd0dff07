/**
 * The table of everything `/metrics` shows. Label values come from the configuration or from closed sets of ours, never
 * from a request, so that the number of series is bounded by what the operator wrote.
 */

interface CounterSpec<L extends readonly string[] = readonly string[]> {
  readonly type: "counter";
  readonly help: string;
  readonly labels: L;
  /** What is counted are whole parts; that many of them make one unit of the name. */
  readonly partsPerUnit: number;
}

export interface GaugeSpec<L extends readonly string[] = readonly string[]> {
  readonly type: "gauge";
  readonly help: string;
  readonly labels: L;
  /** How the figures of several processes become one. */
  readonly merge: "sum" | "max";
}

export interface HistogramSpec<L extends readonly string[] = readonly string[]> {
  readonly type: "histogram";
  readonly help: string;
  readonly labels: L;
  /** Upper bounds, ascending, in the unit of the name; what is above the last one is counted as +Inf. */
  readonly buckets: readonly number[];
}

export type MetricSpec = CounterSpec | GaugeSpec | HistogramSpec;

/** Answers take from milliseconds (a refusal, a cache) to ten minutes (a thinking model). Seconds. */
const DURATION_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];

/** The wait for the first byte, where fractions of a second matter most. Seconds. */
const FIRST_BYTE_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 40, 60, 120];

export const METRICS = {
  // Requests, as the client saw them.
  ringmain_requests_total: counter(
    "Requests by what became of them: ok, client_error, exhausted (503), error, cut (broke after the first byte), client_gone.",
    ["ingress_protocol", "pool", "outcome"],
  ),
  ringmain_operations_total: counter(
    "The same requests by what was asked for: chat, embed, image and so on; not those that no route took.",
    ["operation", "pool", "outcome"],
  ),
  ringmain_refused_total: counter("Requests the gateway refused itself, by reason.", ["reason"]),
  ringmain_client_gone_total: counter("Requests whose client left before the end.", ["pool"]),
  ringmain_request_duration_seconds: histogram(
    "From the request's head to the last byte of the answer, the whole stream included.",
    ["ingress_protocol", "pool"],
    DURATION_BUCKETS,
  ),
  ringmain_time_to_first_byte_seconds: histogram(
    "From the request's head to the first byte of the answer.",
    ["ingress_protocol", "pool"],
    FIRST_BYTE_BUCKETS,
  ),
  ringmain_queue_wait_seconds: histogram(
    "Time spent waiting for a free slot, of the requests that waited.",
    ["pool"],
    FIRST_BYTE_BUCKETS,
  ),

  // Attempts and the lanes' standing.
  ringmain_upstream_attempts_total: counter("Tries of a lane.", ["pool", "lane"]),
  ringmain_upstream_failures_total: counter(
    "Tries that failed, by what the gateway made of it: transient_upstream, hard_down, context_length, wrong_model, client_fault, gateway.",
    ["pool", "lane", "disposition"],
  ),
  ringmain_upstream_failure_kinds_total: counter("Tries that failed, by kind of failure.", ["lane", "kind"]),
  ringmain_upstream_duration_seconds: histogram(
    "From the start of a try to its end, the whole stream included.",
    ["lane"],
    DURATION_BUCKETS,
  ),
  ringmain_ambiguous_attempts_total: counter(
    "Tries given up after their bytes were sent; the vendor may have worked and billed.",
    ["lane"],
  ),
  ringmain_quality_score: histogram(
    "What whole answers were graded with, out of 1, before any of them was passed on.",
    ["pool", "lane"],
    [0.25, 0.5, 0.75, 0.9, 1],
  ),
  ringmain_quality_answers_total: counter(
    "Graded answers by what became of them: passed, rejected, degraded (the best of the rejected ones, served).",
    ["pool", "lane", "outcome"],
  ),
  ringmain_failovers_total: counter("Moves on to another lane, by why the one before did not do.", ["pool", "reason"]),
  ringmain_switches_total: counter(
    "Answers of another lane than the one that has the session, or was asked first, by why that one did not serve.",
    ["from", "to", "reason"],
  ),
  ringmain_breaker_trips_total: counter("Times a lane was taken out; an empty pool means every pool.", [
    "pool",
    "lane",
  ]),
  ringmain_probes_total: counter("Health probes, by what came of them: ok, or the kind of failure.", [
    "lane",
    "outcome",
  ]),
  ringmain_lane_transitions_total: counter("Changes of a lane's standing, by what it became.", ["lane", "to"]),
  ringmain_translations_total: counter("Tries translated from one protocol to another.", ["from", "to"]),
  ringmain_losses_total: counter(
    "Parts that could not be carried to the other protocol: dropped, clamped, approximated, or unlisted (beyond what one record keeps); and what kind of thing was lost.",
    ["from", "to", "how", "kind"],
  ),

  // Use and money.
  ringmain_tokens_total: counter(
    "Tokens by kind, each counted in exactly one: fresh_input, cache_read, cache_write, cache_write_1h, output, reasoning.",
    ["pool", "lane", "kind"],
  ),
  ringmain_cost_usd_total: counter(
    "What the answers cost, of those with a known price.",
    ["pool", "lane"],
    1_000_000_000,
  ),
  ringmain_unpriced_requests_total: counter("Answers whose cost is not known.", ["pool", "lane"]),

  // Keys and the ledger; only where there are keys.
  ringmain_limit_refusals_total: counter(
    "Requests refused by a limit: budget_<window>, requests, tokens, slots, of a key, group, session or project; unavailable: the ledger did not answer.",
    ["limit", "owner"],
  ),
  ringmain_group_spend_usd_total: counter(
    "What keys of a group have spent, each in its own group alone; empty: keys without one.",
    ["group"],
    1_000_000_000,
  ),
  ringmain_ledger_unwritten_rows: gauge("Finished requests whose row is not known to be on disk.", []),
  ringmain_ledger_oldest_unwritten_seconds: gauge("Age of the oldest of these rows.", [], "max"),
  ringmain_ledger_queued_rows: gauge("Rows the writer has, and has not committed.", [], "max"),
  ringmain_ledger_commits_total: counter("Commits of the ledger: written, failed.", ["outcome"]),
  ringmain_ledger_degraded: gauge("1 while the ledger cannot be written or asked.", [], "max"),
  ringmain_ledger_leases: gauge("Leases processes hold: usd, slots.", ["kind"], "max"),
  ringmain_ledger_leased_usd: gauge(
    "Money set aside for requests under way, or held by a process for the next ones.",
    [],
    "max",
  ),

  // The present moment.
  ringmain_inflight_requests: gauge("Requests being served.", []),
  ringmain_open_streams: gauge("Streamed answers under way.", []),
  ringmain_queued_requests: gauge("Requests waiting for a free slot.", ["pool"]),
  ringmain_lane_inflight: gauge("Tries under way.", ["lane"]),
  ringmain_lane_parked: gauge("Processes that leave the lane out because the operator parked it.", ["lane"]),
  ringmain_lane_not_listed: gauge("Processes that leave the lane out because its vendor lists it no more.", ["lane"]),
  ringmain_lane_state: gauge("Processes that give the lane this health label.", ["lane", "state"]),
  ringmain_cell_state: gauge("Processes whose breaker is in this state.", ["pool", "lane", "state"]),

  // The program itself.
  ringmain_sink_failures_total: counter("Records or transitions a part of the gateway failed to take.", ["sink"]),
  ringmain_build_info: gauge("Always 1.", ["version", "commit"], "max"),
  ringmain_config_info: gauge("Always 1; the revision of the configuration in force.", ["revision"], "max"),
  ringmain_uptime_seconds: gauge("Age of the oldest process.", [], "max"),
  ringmain_resident_bytes: gauge("Resident memory of all processes.", []),
  ringmain_event_loop_lag_max_seconds: gauge("Longest delay of the event loop since the last look.", [], "max"),
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

/** Names of one type: `NameOf<"counter">`. */
export type NameOf<T extends MetricSpec["type"]> = {
  [N in MetricName]: (typeof METRICS)[N]["type"] extends T ? N : never;
}[MetricName];

/** One value per label, in the order of the table. */
export type LabelsOf<N extends MetricName> = Strings<(typeof METRICS)[N]["labels"]>;

/** A tuple of the same length; a mapped type keeps tuples only through a parameter of its own. */
type Strings<T extends readonly string[]> = { readonly [I in keyof T]: string };

function counter<const L extends readonly string[]>(help: string, labels: L, partsPerUnit = 1): CounterSpec<L> {
  return { type: "counter", help, labels, partsPerUnit };
}

function gauge<const L extends readonly string[]>(
  help: string,
  labels: L,
  merge: GaugeSpec["merge"] = "sum",
): GaugeSpec<L> {
  return { type: "gauge", help, labels, merge };
}

function histogram<const L extends readonly string[]>(
  help: string,
  labels: L,
  buckets: readonly number[],
): HistogramSpec<L> {
  return { type: "histogram", help, labels, buckets };
}
