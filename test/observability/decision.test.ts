// What a decision says of an exchange: who served, whether the promise was kept, the sentence for people, and what is masked.
import { describe, expect, test } from "bun:test";
import type { Deployment, Lane, Target } from "../../src/ir/deployment.ts";
import { decisionOf, type Invariant, type ServedModel } from "../../src/observability/decision.ts";
import { redact } from "../../src/std/redact.ts";
import { attempt, deployment, lane, type RecordOver, record } from "./samples.ts";

const SONNET = { id: "sonnet-4", proven: true };

/** A pool over three lanes: two are the same model at two vendors, one is another. */
function deployed(keep: Target["failover"]["keep"], identity: Target["identity"] = "record"): Deployment {
  const plain = deployment();
  const lanes: readonly Lane[] = [
    { ...lane("a/one/sonnet", "anthropic"), canonical: SONNET },
    { ...lane("b/two/sonnet-b", "openai"), canonical: SONNET },
    { ...lane("c/three/haiku", "anthropic"), canonical: { id: "haiku-4", proven: true } },
  ];
  const fast = plain.targets["fast"];
  if (fast === undefined) throw new Error("the sample has no pool");
  return {
    ...plain,
    lanes: Object.fromEntries(lanes.map((each) => [each.id, each])),
    targets: { fast: { ...fast, identity, failover: { ...fast.failover, keep } } },
  };
}

const OFFERED = ["a/one/sonnet", "b/two/sonnet-b", "c/three/haiku"];
const FIRST = attempt({ lane: "a/one/sonnet", model: "sonnet", upstreamModel: "m", reportedModel: null });
const LIMITED = attempt({ ...FIRST, outcome: "rate-limited", status: 429 });
const SECOND = attempt({ lane: "b/two/sonnet-b", model: "sonnet-b", upstreamModel: "m", reportedModel: null });
const OTHER = attempt({ lane: "c/three/haiku", model: "haiku", upstreamModel: "m", reportedModel: null });

interface Row {
  readonly name: string;
  readonly record: RecordOver;
  readonly keep: Target["failover"]["keep"];
  readonly served: ServedModel;
  readonly invariant: Invariant;
  readonly reason: string;
  readonly runnerUp: string | null;
}

const ROWS: readonly Row[] = [
  {
    name: "the first lane served",
    record: { attempts: [FIRST] },
    keep: ["model"],
    served: "exact",
    invariant: "passed",
    reason: "a/one/sonnet came first of 3 that could serve.",
    runnerUp: "b/two/sonnet-b",
  },
  {
    name: "another lane of the same model served",
    record: { attempts: [LIMITED, SECOND] },
    keep: ["model"],
    served: "same_model",
    invariant: "passed",
    reason: "a/one/sonnet ended in rate-limited, so b/two/sonnet-b served it.",
    runnerUp: "c/three/haiku",
  },
  {
    name: "another model served, as the pool allows",
    record: { attempts: [LIMITED, OTHER] },
    keep: [],
    served: "other_model",
    invariant: "not_applicable",
    reason: "a/one/sonnet ended in rate-limited, so c/three/haiku served it.",
    runnerUp: "b/two/sonnet-b",
  },
  {
    name: "another model served where none may",
    record: { attempts: [LIMITED, OTHER] },
    keep: ["model"],
    served: "other_model",
    invariant: "failed",
    reason: "a/one/sonnet ended in rate-limited, so c/three/haiku served it.",
    runnerUp: "b/two/sonnet-b",
  },
  {
    name: "the vendor named another model",
    record: {
      attempts: [
        { ...FIRST, reportedModel: "m-mini" },
        { ...SECOND, reportedModel: "something-else" },
      ],
    },
    keep: ["model"],
    served: "same_model",
    invariant: "failed",
    reason: "a/one/sonnet ended in answered, so b/two/sonnet-b served it.",
    runnerUp: "c/three/haiku",
  },
  {
    name: "a dated name is the same model",
    record: { attempts: [{ ...FIRST, reportedModel: "M-2026-01-01" }] },
    keep: ["model"],
    served: "exact",
    invariant: "passed",
    reason: "a/one/sonnet came first of 3 that could serve.",
    runnerUp: "b/two/sonnet-b",
  },
  {
    name: "the client left in the middle of its answer",
    record: { attempts: [attempt({ ...FIRST, outcome: "abandoned" })], outcome: "client-gone", firstByteMs: 5 },
    keep: ["model"],
    served: "exact",
    invariant: "passed",
    reason: "a/one/sonnet came first of 3 that could serve.",
    runnerUp: "b/two/sonnet-b",
  },
  {
    name: "nothing could serve",
    record: {
      attempts: [LIMITED],
      offered: ["a/one/sonnet"],
      skipped: [
        { lane: "a/one/sonnet", because: "tried" },
        { lane: "c/three/haiku", because: "breaks-keep" },
      ],
      outcome: "refused",
      failure: "exact-model-unavailable",
      firstByteMs: null,
    },
    keep: ["model"],
    served: "none",
    invariant: "unavailable",
    reason: "Nothing served it: a/one/sonnet ended in rate-limited, c/three/haiku was left out (breaks-keep).",
    runnerUp: null,
  },
  {
    name: "refused before any choice",
    record: { attempts: [], offered: [], outcome: "refused", failure: "unauthenticated", target: "unresolved" },
    keep: ["model"],
    served: "none",
    invariant: "not_applicable",
    reason: "Nothing was tried: unauthenticated.",
    runnerUp: null,
  },
  {
    name: "the only one left",
    record: {
      attempts: [FIRST],
      offered: ["a/one/sonnet"],
      skipped: [
        { lane: "b/two/sonnet-b", because: "waiting" },
        { lane: "c/three/haiku", because: "hard-out" },
      ],
    },
    keep: [],
    served: "exact",
    invariant: "not_applicable",
    reason: "a/one/sonnet was the only one left; b/two/sonnet-b was left out (waiting) and 1 more.",
    runnerUp: null,
  },
];

describe("a decision", () => {
  test.each(ROWS)("$name", (row) => {
    const decision = decisionOf(record({ offered: OFFERED, ...row.record }), deployed(row.keep), 1);
    expect({
      served: decision.served,
      invariant: decision.invariant,
      reason: decision.reason,
      runnerUp: decision.runner_up?.lane ?? null,
    }).toEqual({ served: row.served, invariant: row.invariant, reason: row.reason, runnerUp: row.runnerUp });
  });

  test("names the identity of who was meant and who served", () => {
    const decision = decisionOf(record({ offered: OFFERED, attempts: [LIMITED, SECOND] }), deployed(["model"]), 1);
    expect(decision.first).toEqual({
      lane: "a/one/sonnet",
      provider: "a",
      account: "one",
      model: "sonnet",
      upstream_model: decision.first?.upstream_model ?? "",
      canonical: "sonnet-4",
      canonical_proven: true,
    });
    expect(decision.winner?.canonical).toBe("sonnet-4");
  });

  test("is plain data", () => {
    const decision = decisionOf(record(), deployment(), 1);
    expect(structuredClone(decision)).toEqual(decision);
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  });
});

// Shapes only: no such key exists.
test.each([
  ["sk-ant-api03-abcdefgh", "[redacted]"],
  ["my model sk-proj-0123456789 please", "my model [redacted] please"],
  ["Bearer abcdef123456", "[redacted]"],
  [`AIza${"x".repeat(30)}`, "[redacted]"],
  [`ghp_${"a".repeat(20)}`, "[redacted]"],
  [`xai-${"a".repeat(20)}`, "[redacted]"],
  [`AKIA${"A".repeat(16)}`, "[redacted]"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "[redacted]"],
  ["https://user:pass@host.invalid/v1", "[redacted]host.invalid/v1"],
  ["api_key=abc123", "[redacted]"],
  ['"token": "abc123"', '"[redacted]"'],
  ["gpt-5.4-mini", "gpt-5.4-mini"],
  ["max_tokens: 5 is too many tokens", "max_tokens: 5 is too many tokens"],
  ["the task-force model", "the task-force model"],
])("%s is shown as %s", (text, shown) => {
  expect(redact(text)).toBe(shown);
});

test("a key pasted where a model's name belongs is masked in the decision", () => {
  const decision = decisionOf(record({ asked: "sk-live-0123456789abcdef", target: "unresolved" }), deployment(), 1);
  expect(JSON.stringify(decision)).not.toContain("0123456789abcdef");
});
