/** When to stop, and what the client is told when nothing is left. Over 400 lines because the cases are one table. */
import { describe, expect, test } from "bun:test";
import { NO_NEEDS } from "../../src/ir/capability.ts";
import { FAILURES, type Failure } from "../../src/ir/failure.ts";
import type { Exclusion } from "../../src/routing/condition.ts";
import { couldEverServe, leastBad, mayTryAnother, type NothingLeft, nothingLeft } from "../../src/routing/failover.ts";
import { byId, failed, lane, poolOf } from "./build.ts";

const a = lane("p/1/a", { capabilities: { input: ["text"], tools: false } });
const b = lane("p/2/b", { capabilities: { input: ["text"] } });
const c = lane("q/1/c");
const lanes = [a, b, c];

test.each([
  [0, 3, true],
  [3, 3, true],
  [4, 3, false],
  [0, 0, true],
  [1, 0, false],
])("after %p lanes with a cap of %p: %p", (lanesTried, cap, expected) => {
  expect(mayTryAnother({ lanesTried, cap })).toBe(expected);
});

interface Case {
  readonly left: readonly (readonly [typeof a, Exclusion, number?])[];
  readonly attempts?: readonly (readonly [typeof a, Failure])[];
  readonly stored?: readonly (readonly [typeof a, Failure])[];
  readonly over?: Partial<NothingLeft>;
}

function tell({ left, attempts = [], stored = [], over = {} }: Case): Failure {
  const leftOut = left.map(([each, because, untilMs]) => ({ lane: each.id, because, untilMs: untilMs ?? null }));
  return nothingLeft({
    target: poolOf("fast", lanes),
    lanes: byId(lanes),
    needs: NO_NEEDS,
    alsoLacks: () => [],
    references: [],
    couldServe: couldEverServe({ offered: [], left: leftOut }, byId(lanes)),
    attempts: attempts.map(([each, failure]) => ({ lane: each, failure, durationMs: 5 })),
    stored: stored.map(([each, failure]) => ({ lane: each, failure })),
    left: leftOut,
    nowMs: 10_000,
    deadlineMs: 60_000,
    mayWait: false,
    protocol: "anthropic",
    recoversAtMs: () => null,
    ...over,
  });
}

const limited = failed("rate-limited", 30_000);
const image = { ...NO_NEEDS, input: ["image" as const] };

const CASES: Record<string, readonly [Case, string]> = {
  "one lane, tried: its own failure and hint": [
    { left: [[a, "tried"]], attempts: [[a, limited]] },
    "rate-limited 429 30000",
  ],
  "one lane, tried, no hint": [
    { left: [[a, "tried"]], attempts: [[a, failed("server-error")]], over: { recoversAtMs: () => 10_000 } },
    "server-error 502 null",
  ],
  "one lane, waiting: what is left of its wait": [
    { left: [[a, "waiting", 14_000]], stored: [[a, limited]] },
    "rate-limited 429 4000",
  ],
  "one lane, nearly there: never less than a second": [
    { left: [[a, "waiting", 10_200]], stored: [[a, limited]] },
    "rate-limited 429 1000",
  ],
  "one lane, hard out": [
    { left: [[a, "hard-out", 900_000]], stored: [[a, failed("credential")]] },
    "credential 401 null",
  ],
  "one lane, a bill with a reset": [
    { left: [[a, "hard-out", 20_000]], stored: [[a, failed("billing", 90_000)]] },
    "billing 402 10000",
  ],
  "the one able lane among others: what was needed is said": [
    {
      left: [
        [a, "lacks-capability"],
        [b, "waiting", 12_000],
      ],
      stored: [[b, limited]],
      over: { needs: image, recoversAtMs: () => 12_000 },
    },
    "no-capable-fallback 503 2000",
  ],
  "the one able lane is parked: it may come back": [
    {
      left: [
        [a, "lacks-capability"],
        [c, "parked"],
      ],
      over: { needs: image },
    },
    "no-eligible-lane 503 null",
  ],
  "a lane that could not either is parked": [
    {
      left: [
        [a, "lacks-capability"],
        [b, "parked"],
      ],
      over: { needs: image },
    },
    "no-capable-lane 400 null",
  ],
  "one lane, full": [{ left: [[a, "full"]], over: { recoversAtMs: () => 10_000 } }, "no-eligible-lane 503 1000"],
  "several, one blip each": [
    {
      left: [
        [a, "tried"],
        [b, "tried"],
      ],
      attempts: [
        [a, failed("timeout")],
        [b, limited],
      ],
      over: { recoversAtMs: () => 17_500 },
    },
    "no-eligible-lane 503 7500",
  ],
  "several, all dead credentials": [
    {
      left: [
        [a, "tried"],
        [b, "hard-out", 50_000],
      ],
      attempts: [[a, failed("credential")]],
      stored: [[b, failed("credential")]],
    },
    "credential 401 null",
  ],
  "several, credential and bill: what happened last": [
    {
      left: [
        [a, "tried"],
        [b, "hard-out", 50_000],
      ],
      attempts: [[a, failed("billing", 9_000)]],
      stored: [[b, failed("credential")]],
    },
    "billing 402 null",
  ],
  "several, all out before anything was tried": [
    {
      left: [
        [a, "hard-out"],
        [b, "hard-out"],
      ],
      stored: [
        [a, failed("billing")],
        [b, failed("credential")],
      ],
    },
    "credential 401 null",
  ],
  "several, one of them only slow": [
    {
      left: [
        [a, "hard-out"],
        [b, "tried"],
      ],
      attempts: [[b, failed("timeout")]],
      stored: [[a, failed("credential")]],
    },
    "no-eligible-lane 503 null",
  ],
  "several, a missing model is not the client's to hear": [
    {
      left: [
        [a, "hard-out"],
        [b, "hard-out"],
      ],
      stored: [
        [a, failed("model-missing")],
        [b, failed("credential")],
      ],
    },
    "no-eligible-lane 503 null",
  ],
  "nobody able": [
    {
      left: [
        [a, "lacks-capability"],
        [b, "lacks-capability"],
      ],
      over: { needs: image },
    },
    "no-capable-lane 400 null",
  ],
  "nobody able, some of another protocol": [
    {
      left: [
        [a, "lacks-capability"],
        [c, "other-protocol"],
      ],
      over: { needs: image },
    },
    "no-capable-lane 400 null",
  ],
  "all of another protocol": [
    {
      left: [
        [a, "other-protocol"],
        [b, "other-protocol"],
      ],
    },
    "missing-protocol 503 null",
  ],
  "nobody offers the operation": [
    {
      left: [
        [a, "no-operation"],
        [b, "no-operation"],
      ],
    },
    "no-capable-lane 400 null",
  ],
  "nothing can look up what the request refers to": [
    {
      left: [
        [a, "held-elsewhere"],
        [b, "lacks-capability"],
      ],
      over: { references: [{ member: "previous_response_id", id: "resp_1", payloads: ["responses"] }] },
    },
    "no-capable-lane 400 null",
  ],
  "an empty pool": [{ left: [] }, "no-eligible-lane 503 null"],
  "all switched off": [
    {
      left: [
        [a, "not-routed"],
        [b, "excluded"],
        [c, "used-up"],
      ],
    },
    "no-eligible-lane 503 null",
  ],
  "too long for all": [
    {
      left: [
        [a, "tried"],
        [b, "too-small"],
      ],
      attempts: [[a, failed("context-length")]],
    },
    "context-length 400 null",
  ],
  "too large for all": [
    {
      left: [
        [a, "tried"],
        [b, "too-small"],
      ],
      attempts: [[a, failed("upstream-too-large")]],
    },
    "upstream-too-large 413 null",
  ],
  "too long here, and the larger one is only out for now": [
    {
      left: [
        [a, "tried"],
        [b, "breaker-open", 15_000],
      ],
      attempts: [[a, failed("context-length")]],
      over: { recoversAtMs: () => 15_000 },
    },
    "no-eligible-lane 503 5000",
  ],
  "too long first, then another failure": [
    {
      left: [
        [a, "tried"],
        [b, "tried"],
      ],
      attempts: [
        [a, failed("context-length")],
        [b, failed("server-error")],
      ],
    },
    "no-eligible-lane 503 null",
  ],
  "the rest would break keep: model": [
    {
      left: [
        [a, "tried"],
        [b, "breaks-keep"],
      ],
      attempts: [[a, limited]],
      over: { target: poolOf("fast", lanes, { failover: { keep: ["model"] } }), recoversAtMs: () => 40_000 },
    },
    "exact-model-unavailable 503 30000",
  ],
  "the rest would break keep: tier": [
    {
      left: [
        [a, "tried"],
        [b, "breaks-keep"],
      ],
      attempts: [[a, limited]],
      over: { target: poolOf("fast", lanes, { failover: { keep: ["tier"] } }) },
    },
    "no-capable-fallback 503 null",
  ],
  "exact failover, one lane: the promise before its own failure": [
    {
      left: [[a, "tried"]],
      attempts: [[a, limited]],
      over: { target: poolOf("fast", lanes, { kind: "model", exactFailover: true }), recoversAtMs: () => 40_000 },
    },
    "exact-model-unavailable 503 30000",
  ],
  "exact failover, one lane out for its credential: nothing recovers by itself": [
    {
      left: [[a, "hard-out"]],
      stored: [[a, failed("credential")]],
      over: { target: poolOf("fast", lanes, { kind: "model", exactFailover: true }) },
    },
    "exact-model-unavailable 503 null",
  ],
  "keep: model, one lane": [
    {
      left: [[a, "tried"]],
      attempts: [[a, failed("server-error")]],
      over: { target: poolOf("fast", lanes, { failover: { keep: ["model", "provider"] } }) },
    },
    "exact-model-unavailable 503 null",
  ],
  "keep: provider, one lane": [
    {
      left: [[a, "tried"]],
      attempts: [[a, failed("server-error")]],
      over: { target: poolOf("fast", lanes, { failover: { keep: ["provider"] } }) },
    },
    "no-capable-fallback 503 null",
  ],
  "a promise, and out of time": [
    {
      left: [
        [a, "tried"],
        [b, "full"],
      ],
      attempts: [[a, failed("timeout")]],
      over: { nowMs: 60_000, target: poolOf("fast", lanes, { failover: { keep: ["model"] } }) },
    },
    "deadline-exceeded 504 null",
  ],
  "a promise, and a prompt too long for all": [
    {
      left: [
        [a, "tried"],
        [b, "too-small"],
      ],
      attempts: [[a, failed("context-length")]],
      over: { target: poolOf("fast", lanes, { failover: { keep: ["model"] } }) },
    },
    "context-length 400 null",
  ],
  "able ones failed, the others cannot": [
    {
      left: [
        [a, "lacks-capability"],
        [b, "tried"],
        [c, "tried"],
      ],
      attempts: [
        [b, failed("timeout")],
        [c, failed("network")],
      ],
      over: { needs: { ...NO_NEEDS, tools: true }, recoversAtMs: () => 10_000 },
    },
    "no-capable-fallback 503 1000",
  ],
  "out of time": [
    {
      left: [
        [a, "tried"],
        [b, "full"],
      ],
      attempts: [[a, failed("timeout")]],
      over: { nowMs: 60_000, recoversAtMs: () => 60_000 },
    },
    "deadline-exceeded 504 1000",
  ],
  "out of time in the line": [{ left: [[a, "full"]], over: { nowMs: 60_000 } }, "deadline-exceeded 504 null"],
};

describe("what the client sees when nothing is left", () => {
  test.each(Object.entries(CASES))("%s", (_name, [story, expected]) => {
    const { kind, retryAfterMs } = tell(story);
    expect(`${kind} ${FAILURES[kind].status} ${retryAfterMs}`).toBe(expected);
  });

  test("no sentence speaks of our machinery", () => {
    const spoken = Object.values(CASES)
      .filter(([story]) => story.attempts === undefined || story.attempts.length > 1)
      .map(([story]) => tell(story).message);
    expect(
      spoken.filter((message) => /\b(lane|pool|upstream|breaker|cell|gateway|member|account id)s?\b/i.test(message)),
    ).toEqual([]);
    expect(spoken.filter((message) => !message.endsWith("."))).toEqual([]);
  });

  test("what is missing is named: what all of them lack, else everything any of them lacks", () => {
    const both = tell({
      left: [
        [a, "lacks-capability"],
        [b, "lacks-capability"],
      ],
      over: { needs: { ...image, tools: true } },
    });
    expect(both.message).toBe(
      'The model "fast" cannot take this request: it does not support image input. Ask for, or add, one that does.',
    );
    const mixed = lane("q/1/c", { capabilities: { structuredOutput: false } });
    const each = tell({
      left: [
        [a, "lacks-capability"],
        [mixed, "lacks-capability"],
      ],
      over: { needs: { ...image, structuredOutput: true }, lanes: byId([a, mixed]) },
    });
    expect(each.message).toBe(
      'The model "fast" cannot take this request: it does not support image input, structured output. Ask for, or add, one that does.',
    );
  });

  test("a protocol that nothing speaks is named, with what to add", () => {
    const { message } = tell({ left: [[a, "other-protocol"]] });
    expect(message).toBe(
      'Nothing behind "fast" speaks anthropic, this client\'s protocol, and translation is off. Add a model to it whose provider speaks anthropic, or allow translation.',
    );
  });

  test("several accounts that are forbidden are told with the vendor's status, and not as a wrong credential", () => {
    const upstream = { status: 403, code: null, type: null, message: "No.", body: null, headers: {} };
    const forbidden = { ...failed("credential"), upstream };
    const left: Case["left"] = [
      [a, "hard-out", 50_000],
      [b, "hard-out", 50_000],
    ];
    for (const evidence of [
      {
        attempts: [
          [a, forbidden],
          [b, forbidden],
        ],
      },
      {
        stored: [
          [a, forbidden],
          [b, forbidden],
        ],
      },
    ] as const) {
      expect(tell({ left, ...evidence })).toMatchObject({
        kind: "credential",
        upstream: { status: 403 },
        retryAfterMs: null,
      });
    }
  });

  test("an own failure keeps the upstream's words; details are labels, with a recovery for each", () => {
    const upstream = { status: 418, code: "x", type: null, message: "teapot", body: new Uint8Array([1]), headers: {} };
    const told = tell({
      left: [
        [a, "tried"],
        [b, "excluded"],
      ],
      attempts: [
        [c, { ...failed("credential"), upstream }],
        [a, { ...failed("server-error"), upstream }],
      ],
      over: { recoversAtMs: () => 12_000 },
    });
    expect(told.upstream).toBe(upstream);
    expect(told.details).toEqual({
      tried: [
        { lane: c.id, failure: "credential", status: 418, message: null, durationMs: 5, recoversInMs: null },
        { lane: a.id, failure: "server-error", status: 418, message: "teapot", durationMs: 5, recoversInMs: 2_000 },
      ],
      skipped: [{ lane: b.id, because: "excluded", recoversInMs: null }],
      recoversInMs: 2_000,
      losses: [],
    });
  });

  test("each lane is told with its own recovery, and the earliest is Retry-After", () => {
    const told = tell({
      left: [
        [a, "tried"],
        [b, "waiting"],
        [c, "breaker-open"],
      ],
      attempts: [[a, limited]],
      over: { recoversAtMs: ({ id }) => ({ [a.id]: 40_000, [b.id]: 19_000, [c.id]: null })[id] ?? null },
    });
    expect(told.retryAfterMs).toBe(9_000);
    expect(told.details?.tried.map(({ recoversInMs }) => recoversInMs)).toEqual([30_000]);
    expect(told.details?.skipped.map(({ recoversInMs }) => recoversInMs)).toEqual([9_000, null]);
  });
});

describe("least bad", () => {
  test.each([
    [
      "soonest",
      [
        [a, "breaker-open", 9_000],
        [b, "breaker-open", 4_000],
      ],
      b.id,
    ],
    [
      "under test counts as soonest",
      [
        [a, "breaker-open", 9_000],
        [b, "half-open"],
      ],
      b.id,
    ],
    [
      "the first of equals",
      [
        [a, "breaker-open", 4_000],
        [b, "breaker-open", 4_000],
      ],
      a.id,
    ],
    [
      "never one that was told to wait, is hard out, tried or excluded",
      [
        [a, "waiting", 1],
        [b, "hard-out", 1],
        [c, "tried"],
      ],
      null,
    ],
    ["nobody", [], null],
  ] as const)("%s", (_name, left, expected) => {
    const leftOut = left.map(([each, because, untilMs = null]) => ({ lane: each.id, because, untilMs }));
    expect(leastBad({ left: leftOut }, byId(lanes))?.id ?? null).toBe(expected);
  });
});
