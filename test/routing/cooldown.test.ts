// With a cooldown of its own one failure without a hint parks an account with all its models, and a hint says how long instead.
import { describe, expect, test } from "bun:test";
import { FAILURES, type FailureKind, failure } from "../../src/ir/failure.ts";
import { createHealth } from "../../src/routing/health.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { json } from "../harness/scripted-answers.ts";
import { deployment, lane, member, NO_JITTER, target } from "./build.ts";

const COOLDOWN_MS = 300_000;
const one = lane("p/a/m", { cooldownMs: COOLDOWN_MS });
const sibling = lane("p/a/n", { cooldownMs: COOLDOWN_MS });
const other = lane("p/b/m");
const pool = target("pool", [member("m", [one, other]), member("n", [sibling])]);
const world = () => createHealth(deployment([one, sibling, other], [pool]), NO_JITTER);

const COUNTED = Object.entries(FAILURES).flatMap(([kind, { effect }]) =>
  effect === "count" ? [kind as FailureKind] : [],
);

describe.each([...COUNTED, "rate-limited" as const])("%s", (kind) => {
  test.each([null, 7_000])("with the hint %p", (hintMs) => {
    const health = world();
    health.admit(pool, one, 0)?.failed(failure(kind, "No.", hintMs), 0);
    const isLaneAlone = kind === "rate-limited" && hintMs !== null;
    const untilMs = hintMs ?? COOLDOWN_MS;
    expect(health.condition(pool, one, untilMs - 1)).toMatchObject({ because: "waiting", untilMs });
    expect(health.condition(pool, sibling, untilMs - 1).because).toBe(isLaneAlone ? null : "waiting");
    expect(health.condition(pool, other, 1).because).toBeNull();
    for (const each of [one, sibling]) expect(health.condition(pool, each, untilMs).because).toBeNull();
    const isLimit = kind === "rate-limited";
    expect(health.label(pool, one, 1)).toBe(isLimit ? "rate-limited" : "cooling-down");
  });
});

test("a client's fault parks nothing", () => {
  const health = world();
  health.admit(pool, one, 0)?.failed(failure("rejected", "No."), 0);
  expect(health.condition(pool, one, 1).because).toBeNull();
});

test.each([
  [null, 4],
  [COOLDOWN_MS, 2],
])("two requests to two failing accounts with a cooldown of %p make %d calls", async (cooldownMs, calls) => {
  const lanes = ["p/a/m", "p/b/m"].map((id) => laneOf(id, "openai", { cooldownMs }));
  const core = createCore({
    deployment: { ...deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }), errorDetail: "full" },
    answer: json(500, "{}"),
  });
  await core.ask({ protocol: "openai", body: question("openai") });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect([got.status, core.effects.calls.length]).toEqual([503, calls]);
  if (cooldownMs === null) return;
  const { skipped } = JSON.parse(got.text).error.gateway;
  expect(skipped).toEqual(lanes.map(({ id }) => ({ lane: id, because: "waiting", recoversInMs: COOLDOWN_MS })));
  expect(got.headers["retry-after"]).toMatch(/^(?:300|299)$/);
});
