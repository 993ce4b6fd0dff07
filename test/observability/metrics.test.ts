// What a record and a transition add to the metrics, and what can never become a label.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FAILURES, type FailureKind } from "../../src/ir/failure.ts";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import { METRICS } from "../../src/observability/metric-table.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { type MetricsSnapshot, mergeSnapshots } from "../../src/observability/series.ts";
import type { Transition } from "../../src/observability/transition.ts";
import {
  attempt,
  CLIENT_GONE,
  CUT,
  deployment,
  EXHAUSTED,
  GAUGES,
  RECORDS,
  REFUSED,
  RESCUED,
  record,
  transition,
  usage,
} from "./samples.ts";

function fold(records: readonly ExchangeRecord[], transitions: readonly Transition[] = []): MetricsSnapshot {
  const metrics = createMetrics(deployment());
  for (const each of records) metrics.sink.record(each);
  for (const each of transitions) metrics.sink.transition(each);
  return metrics.snapshot();
}

/** `a,b=3` per series, so that a table reads like one. */
function counted(snapshot: MetricsSnapshot, name: keyof typeof METRICS): string[] {
  const series = [...(snapshot.counters[name] ?? []), ...(snapshot.gauges[name] ?? [])];
  return series.map(({ labels, value }) => `${labels.join(",")}=${value}`);
}

const SONNET = "acme/default/sonnet";
const LARGE = "zenith/team/large";

describe("one record", () => {
  const rows: readonly [what: string, record: ExchangeRecord, name: keyof typeof METRICS, expected: string[]][] = [
    ["an answer", record(), "ringmain_requests_total", ["anthropic,fast,ok=1"]],
    ["a refusal", REFUSED, "ringmain_requests_total", ["anthropic,unresolved,client_error=1"]],
    ["a refusal", REFUSED, "ringmain_refused_total", ["unauthenticated=1"]],
    ["a refusal", REFUSED, "ringmain_upstream_attempts_total", []],
    ["a break", CUT, "ringmain_requests_total", ["anthropic,fast,cut=1"]],
    ["a break", CUT, "ringmain_upstream_failures_total", [`fast,${SONNET},transient_upstream=1`]],
    ["a break", CUT, "ringmain_upstream_failure_kinds_total", [`${SONNET},cut=1`]],
    ["exhaustion", EXHAUSTED, "ringmain_requests_total", ["anthropic,fast,exhausted=1"]],
    ["exhaustion", EXHAUSTED, "ringmain_upstream_failures_total", [`fast,${SONNET},hard_down=1`]],
    ["exhaustion", EXHAUSTED, "ringmain_failovers_total", []],
    [
      "an internal error",
      record({ status: 500, outcome: "failed" }),
      "ringmain_requests_total",
      ["anthropic,fast,error=1"],
    ],
    ["a client that left", CLIENT_GONE, "ringmain_requests_total", ["anthropic,fast,client_gone=1"]],
    ["a client that left", CLIENT_GONE, "ringmain_client_gone_total", ["fast=1"]],
    ["a client that left", CLIENT_GONE, "ringmain_upstream_failures_total", []],
    ["a path of no protocol", record({ ingress: null }), "ringmain_requests_total", ["none,fast,ok=1"]],
    ["a rescue", RESCUED, "ringmain_upstream_attempts_total", [`fast,${SONNET}=1`, `fast,${LARGE}=1`]],
    ["a rescue", RESCUED, "ringmain_failovers_total", ["fast,timeout=1"]],
    [
      "a switch",
      {
        ...RESCUED,
        switch: {
          from: RESCUED.attempts[0]?.lane ?? "",
          to: RESCUED.attempts[1]?.lane ?? "",
          reason: "timeout",
          tier: "same",
        },
      },
      "ringmain_switches_total",
      [`${RESCUED.attempts[0]?.lane},${RESCUED.attempts[1]?.lane},timeout=1`],
    ],
    ["a rescue", RESCUED, "ringmain_upstream_failure_kinds_total", [`${SONNET},timeout=1`]],
    ["a rescue", RESCUED, "ringmain_ambiguous_attempts_total", [`${SONNET}=1`]],
    ["a rescue", RESCUED, "ringmain_translations_total", ["anthropic,openai=1"]],
    [
      "a rescue",
      RESCUED,
      "ringmain_losses_total",
      ["anthropic,openai,dropped,sampling=1", "anthropic,openai,unlisted,unlisted=2"],
    ],
    ["a rescue", RESCUED, "ringmain_unpriced_requests_total", [`fast,${LARGE}=1`]],
    ["a rescue", RESCUED, "ringmain_cost_usd_total", []],
    ["a price", record(), "ringmain_cost_usd_total", [`fast,${SONNET}=8700000`]],
    ["a price", record(), "ringmain_unpriced_requests_total", []],
    ["a count request", record({ operation: "count", costNanos: null }), "ringmain_unpriced_requests_total", []],
    [
      "every kind of token",
      record({
        usage: usage({
          freshInputTokens: 1,
          cacheReadTokens: 2,
          cacheWriteTokens: 3,
          cacheWrite1hTokens: 4,
          outputTokens: 50,
          reasoningTokens: 20,
        }),
      }),
      "ringmain_tokens_total",
      ["fresh_input=1", "cache_read=2", "cache_write=3", "cache_write_1h=4", "output=30", "reasoning=20"].map(
        (kind) => `fast,${SONNET},${kind}`,
      ),
    ],
  ];
  for (const [what, given, name, expected] of rows) {
    test(`${what}: ${name}`, () => expect(counted(fold([given]), name)).toEqual(expected));
  }

  test("durations are whole and land in their bucket", () => {
    const [series] =
      fold([record({ durationMs: 842 }), record({ durationMs: 1000 })]).histograms[
        "ringmain_request_duration_seconds"
      ] ?? [];
    const bounds = METRICS.ringmain_request_duration_seconds.buckets;
    expect(series?.sum).toBeCloseTo(1.842, 9);
    expect(series?.counts).toEqual([...bounds.map((bound) => (bound === 1 ? 2 : 0)), 0]);
  });

  test("what is longer than the last bound is counted above it", () => {
    const [series] = fold([record({ durationMs: 3_600_000 })]).histograms["ringmain_request_duration_seconds"] ?? [];
    expect(series?.counts.at(-1)).toBe(1);
  });

  test("a wait is observed only where there was one, a first byte only where one came", () => {
    const histograms = fold([record(), CLIENT_GONE]).histograms;
    expect(histograms["ringmain_queue_wait_seconds"]).toBeUndefined();
    expect(
      histograms["ringmain_time_to_first_byte_seconds"]?.flatMap(({ counts }) => counts).reduce((a, b) => a + b),
    ).toBe(1);
    expect(fold([RESCUED]).histograms["ringmain_queue_wait_seconds"]?.[0]?.sum).toBeCloseTo(0.035, 9);
  });
});

describe("dispositions", () => {
  const DISPOSITIONS = ["transient_upstream", "hard_down", "context_length", "wrong_model", "client_fault", "gateway"];
  const expected = {
    "rate-limited": "transient_upstream",
    timeout: "transient_upstream",
    billing: "hard_down",
    credential: "hard_down",
    "model-missing": "hard_down",
    "context-length": "context_length",
    "upstream-too-large": "context_length",
    "wrong-model": "wrong_model",
    "answer-refused": "gateway",
    "low-quality": "gateway",
    rejected: "client_fault",
    internal: "gateway",
  } as const satisfies Partial<Record<FailureKind, string>>;
  test.each(Object.entries(expected))("%s is %s", (kind, disposition) => {
    const outcome = failureKind(kind);
    const snapshot = fold([record({ attempts: [attempt({ outcome }), attempt()] })]);
    expect(counted(snapshot, "ringmain_upstream_failures_total")).toEqual([`fast,${SONNET},${disposition}=1`]);
  });

  test("every failure has one of the six", () => {
    const kinds = Object.keys(FAILURES).map(failureKind);
    const snapshot = fold([record({ attempts: kinds.map((outcome) => attempt({ outcome })) })]);
    const series = snapshot.counters["ringmain_upstream_failures_total"] ?? [];
    expect(series.map(({ labels }) => labels[2] ?? "").toSorted()).toEqual(DISPOSITIONS.toSorted());
    expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(kinds.length);
  });

  test.each([
    ["timeout", "timeout"],
    ["network", "connect"],
    ["server-error", "transient_upstream"],
    ["context-length", "context_length"],
  ] as const)("a move on after %s is counted as %s", (outcome, reason) => {
    const snapshot = fold([record({ attempts: [attempt({ outcome }), attempt()] })]);
    expect(counted(snapshot, "ringmain_failovers_total")).toEqual([`fast,${reason}=1`]);
  });
});

describe("transitions", () => {
  test("trips are counted per pool, and for every pool where it concerns the lane itself; waits and recoveries are none", () => {
    const transitions = [
      transition(),
      transition({ from: "unknown" }),
      transition({ target: null, to: "auth-failed", because: "credential" }),
      transition({ target: null, to: "rate-limited", because: "rate-limited" }),
      transition({ target: null, from: "auth-failed", to: "disabled", because: "probe", forMs: null }),
      transition({ from: "cooling-down", to: "healthy", because: "probe", forMs: null }),
    ];
    const snapshot = fold([], transitions);
    expect(counted(snapshot, "ringmain_breaker_trips_total")).toEqual([`fast,${SONNET}=2`, `,${SONNET}=1`]);
    expect(counted(snapshot, "ringmain_lane_transitions_total")).toEqual(
      ["cooling-down=2", "auth-failed=1", "rate-limited=1", "disabled=1", "healthy=1"].map(
        (each) => `${SONNET},${each}`,
      ),
    );
  });
});

describe("labels", () => {
  test("a hostile model name is none", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
      fc.constantFrom("__proto__", "constructor", 'x"} 1\nringmain_fake 1', "gpt-5,pool:fast", "toString"),
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 20 }), (names) => {
        const records = names.map((name) =>
          record({
            target: name,
            asked: name,
            ingress: name,
            attempts: [attempt({ lane: name, egress: name, model: name, reportedModel: name })],
          }),
        );
        const transitions = names.map((name) => transition({ target: name, lane: name, to: name, because: name }));
        const { counters, histograms } = fold(records, transitions);
        const labels = [...Object.values(counters), ...Object.values(histograms)]
          .flat()
          .flatMap((series) => series.labels);
        const odd = labels.filter((label) => label !== "" && !/^[a-z][a-z0-9_/-]*$/.test(label));
        expect(odd).toEqual([]);
      }),
      { numRuns: 200, seed: 10 },
    );
  });

  test("words of ours are bounded, should one of them not be ours after all", () => {
    const records = Array.from({ length: 1000 }, (_, index) => record({ ingress: `protocol-${index}`, attempts: [] }));
    expect(fold(records).counters["ringmain_requests_total"]).toHaveLength(65);
  });
});

describe("gauges", () => {
  test("are those of the moment they are asked for", () => {
    let gauges = GAUGES;
    const metrics = createMetrics(deployment(), () => gauges);
    expect(counted(metrics.snapshot(), "ringmain_lane_state")).toEqual([
      `${SONNET},cooling-down=1`,
      `${LARGE},healthy=1`,
    ]);
    expect(counted(metrics.snapshot(), "ringmain_sink_failures_total")).toEqual(["decisions=1"]);
    gauges = { ...GAUGES, inflight: 1, lanes: [{ lane: SONNET, label: "healthy", inflight: 1 }] };
    expect(counted(metrics.snapshot(), "ringmain_lane_state")).toEqual([`${SONNET},healthy=1`]);
    expect(counted(metrics.snapshot(), "ringmain_inflight_requests")).toEqual(["=1"]);
  });

  test("without anybody to ask there is only the revision", () => {
    expect(Object.keys(createMetrics(deployment()).snapshot().gauges)).toEqual(["ringmain_config_info"]);
  });
});

describe("snapshots", () => {
  test("survive the way to another process", () => {
    const metrics = createMetrics(deployment(), () => GAUGES);
    for (const each of RECORDS) metrics.sink.record(each);
    const snapshot = metrics.snapshot();
    expect<unknown>(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });

  test("do not change once taken", () => {
    const metrics = createMetrics(deployment());
    metrics.sink.record(record());
    const taken = metrics.snapshot();
    const before = JSON.stringify(taken);
    metrics.sink.record(record());
    expect(JSON.stringify(taken)).toBe(before);
  });

  test("however records are spread over processes, the merged counts are those of one", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...RECORDS), fc.nat({ max: 2 })), { maxLength: 30 }), (spread) => {
        const all = fold(spread.map(([each]) => each));
        const parts = [0, 1, 2].map((worker) => fold(spread.filter(([, at]) => at === worker).map(([each]) => each)));
        expect(sorted(mergeSnapshots(parts))).toEqual(sorted(all));
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  test("merged gauges add up or keep the largest, by the table", () => {
    const metrics = createMetrics(deployment(), () => GAUGES);
    const other = createMetrics(deployment(), () => ({ ...GAUGES, process: { ...GAUGES.process, uptimeMs: 90_000 } }));
    const merged = mergeSnapshots([metrics.snapshot(), other.snapshot()]);
    expect(counted(merged, "ringmain_inflight_requests")).toEqual(["=14"]);
    expect(counted(merged, "ringmain_uptime_seconds")).toEqual(["=90"]);
    expect(counted(merged, "ringmain_build_info")).toEqual(["1.2.3,abcdef0=1"]);
    expect(counted(merged, "ringmain_lane_state")).toEqual([`${SONNET},cooling-down=2`, `${LARGE},healthy=2`]);
  });
});

test("no token is counted in two kinds", () => {
  const tokens = fc.option(fc.nat({ max: 1_000_000 }));
  const anyUsage = fc.record({
    freshInputTokens: tokens,
    cacheReadTokens: tokens,
    cacheWriteTokens: tokens,
    cacheWrite1hTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
    audioInputTokens: tokens,
    audioOutputTokens: tokens,
  });
  fc.assert(
    fc.property(anyUsage, (used) => {
      const series = fold([record({ usage: used })]).counters["ringmain_tokens_total"] ?? [];
      const whole =
        (used.freshInputTokens ?? 0) +
        (used.cacheReadTokens ?? 0) +
        (used.cacheWriteTokens ?? 0) +
        (used.cacheWrite1hTokens ?? 0) +
        (used.outputTokens ?? 0);
      expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(whole);
    }),
    { numRuns: 200, seed: 12 },
  );
});

/** Sums of fractions differ in their last digits by the order they were added in. */
function sorted(snapshot: MetricsSnapshot): unknown {
  const { counters, histograms } = snapshot;
  const lines = [
    ...Object.entries(counters).flatMap(([name, all]) => all.map(({ labels, value }) => `${name} ${labels} ${value}`)),
    ...Object.entries(histograms).flatMap(([name, all]) =>
      all.map(({ labels, counts, sum }) => `${name} ${labels} ${counts} ${sum.toFixed(6)}`),
    ),
  ];
  return lines.toSorted();
}

function failureKind(kind: string): FailureKind {
  const found = Object.keys(FAILURES).find((each): each is FailureKind => each === kind);
  if (found === undefined) throw new Error(`no such failure: ${kind}`);
  return found;
}
