// The page on routing names every word routing has: what is left out and why, how a lane stands, what may be kept and chosen.

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Exhaustion, Target } from "../../src/ir/deployment.ts";
import type { HealthLabel } from "../../src/ir/lane-facts.ts";
import type { Invariant } from "../../src/observability/decision.ts";
import type { Exclusion } from "../../src/routing/condition.ts";
import { POLICIES } from "../../src/routing/policies/index.ts";

const PAGE = await Bun.file(join(import.meta.dir, "../../docs/routing.md")).text();

/** Records, so that a word more is a type error here until the page has it. */
const EXCLUSIONS: Readonly<Record<Exclusion, true>> = {
  disabled: true,
  "not-routed": true,
  parked: true,
  "not-listed": true,
  excluded: true,
  "other-protocol": true,
  "no-operation": true,
  "lacks-capability": true,
  "held-elsewhere": true,
  "data-policy": true,
  "breaks-keep": true,
  budget: true,
  capped: true,
  tried: true,
  "too-small": true,
  "used-up": true,
  "hard-out": true,
  waiting: true,
  "breaker-open": true,
  "half-open": true,
  full: true,
  unpriced: true,
};
const LABELS: Readonly<Record<HealthLabel, true>> = {
  healthy: true,
  pressure: true,
  unknown: true,
  "cooling-down": true,
  "rate-limited": true,
  exhausted: true,
  "auth-failed": true,
  disabled: true,
};
const ACTIONS: Readonly<Record<Exhaustion["action"], string>> = {
  reject: "reject",
  "least-bad": "least_bad",
  "fallback-pool": "fallback_pool:<name>",
  wait: "wait",
};
const KEPT: Readonly<Record<Target["failover"]["keep"][number], true>> = {
  model: true,
  provider: true,
  tier: true,
  region: true,
  zdr: true,
};
const INVARIANTS: Readonly<Record<Invariant, true>> = {
  passed: true,
  failed: true,
  unavailable: true,
  not_applicable: true,
};

test.each([
  ["reasons", Object.keys(EXCLUSIONS)],
  ["labels", Object.keys(LABELS)],
  ["actions", Object.values(ACTIONS)],
  ["what is kept", Object.keys(KEPT)],
  ["policies", Object.keys(POLICIES)],
  ["invariants", Object.keys(INVARIANTS)],
])("%s stand in a table of the page", (_what, words) => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("|"));
  const heads = rows.map((row) => row.split("|")[1] ?? "");
  expect(words.filter((word) => !heads.some((head) => head.includes(`\`${word}\``)))).toEqual([]);
});

test("and what can be asked: probes, explaining, decisions", () => {
  for (const word of ["health.mode", "ringmain explain", "/admin/decisions", "/admin/explain", "affinity"]) {
    expect(PAGE).toContain(word);
  }
});
