// A lane whose vendor lists its model no more: left out with its reason, in the decision and in what explain says; and the answer
// of a name that has no other lane.
import { expect, test } from "bun:test";
import { createExplain } from "../../src/exchange/probing/explain.ts";
import { decisionOf } from "../../src/observability/decision.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";

const SINCE_MS = Date.UTC(2026, 0, 1);
const gone = laneOf("a/1/m", "openai", { notListedSinceMs: SINCE_MS });
const there = laneOf("b/1/n", "openai");

function coreOf(lanes: readonly (typeof gone)[]) {
  const deployment = deploymentOf({ lanes, targets: [poolOf("pool", lanes, { select: "ordered" })] });
  return { deployment, core: createCore({ deployment, answer: answering(OPENAI_WORDS) }) };
}

test.each([false, true])("another lane serves, and the decision says why, stream %p", async (stream) => {
  const { core, deployment } = coreOf([gone, there]);
  const got = await core.ask({ protocol: "openai", body: question("openai", { stream }) });
  expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, "b/1/n"]);
  const decision = decisionOf(core.records[0] ?? expect.unreachable(), deployment, 1);
  expect(decision.skipped).toEqual([{ lane: "a/1/m", because: "not-listed" }]);
  expect(core.shared.health.facts(gone, 0)).toMatchObject({ usable: false, notListedSinceMs: SINCE_MS });
});

test("explain says since when", async () => {
  const { core } = coreOf([gone, there]);
  const explain = createExplain({
    world: core.world,
    shared: core.shared,
    protocols: Object.values(PROTOCOLS),
    admission: null,
    callerNamed: null,
  });
  const said = await explain({ target: "pool", protocol: "openai", request: null, headers: {}, key: null });
  expect(said.ok && said.value.left_out).toEqual([
    { lane: "a/1/m", because: "not-listed", health: "disabled", for_ms: null, since: "2026-01-01T00:00:00.000Z" },
  ]);
});

test.each(["reject", "least-bad"] as const)("where nothing else is left, %s: the model is missing", async (action) => {
  const deployment = deploymentOf({ lanes: [gone], targets: [poolOf("pool", [gone], { onExhausted: { action } })] });
  const core = createCore({ deployment, answer: answering(OPENAI_WORDS) });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect([got.status, got.headers["x-ringmain-error"], got.headers["retry-after"]]).toEqual([
    404,
    "model_missing",
    undefined,
  ]);
  expect(core.effects.calls).toEqual([]);
});
