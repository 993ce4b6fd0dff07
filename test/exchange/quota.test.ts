// What an answer tells of its vendor's limits: the next request goes elsewhere while little is left, nobody is refused for
// it, the record keeps it, and a caller's own credential says nothing of ours.
import { expect, test } from "bun:test";
import { createExplain } from "../../src/exchange/probing/explain.ts";
import type { Target } from "../../src/ir/deployment.ts";
import { Secret } from "../../src/std/secret.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, targetOf } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { ANTHROPIC_WORDS, OPENAI_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const LOW = {
  "x-ratelimit-limit-requests": "100",
  "x-ratelimit-remaining-requests": "3",
  "x-ratelimit-reset-requests": "40s",
};
const FIRST = "first/a/m";

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return async (call) => {
    const response = await answer(call);
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
}

function setUp(first: Answer, select: Target["select"] = "ranked") {
  // Sort keys would always choose the first.
  const lanes = [laneOf(FIRST, "openai"), laneOf("second/a/m", "anthropic", { sortKey: 1 })];
  const pool = targetOf("pool", [{ model: "m", weight: 1, lanes: lanes.map(({ id }) => id), contextMax: null }], {
    select,
  });
  const deployment = deploymentOf({ lanes, targets: [pool] });
  return createCore({ deployment, answer: byProvider({ first, second: answering(ANTHROPIC_WORDS) }) });
}

async function served(core: Core, stream = false): Promise<string> {
  await core.ask({ protocol: "openai", body: question("openai", { stream }) });
  return (
    core.records
      .at(-1)
      ?.attempts.map(({ lane }) => lane)
      .join(" ") ?? ""
  );
}

function label(core: Core): string {
  const { lanes, targets } = core.world.deployment;
  const [lane, pool] = [lanes[FIRST], targets["pool"]];
  if (lane === undefined || pool === undefined) throw new Error("not deployed");
  return core.shared.health.label(pool, lane, core.effects.nowMs());
}

test.each([
  ["ranked", false],
  ["ranked", true],
  ["weighted", false],
] as const)(
  "%s, stream %p: little left moves the next requests away, until the limit is whole again",
  async (select, stream) => {
    const core = setUp(withHeaders(answering(OPENAI_WORDS), LOW), select);
    const startedMs = core.effects.nowMs();
    expect(await served(core, stream)).toBe(FIRST);
    expect(core.changes.map(({ lane, from, to, because }) => `${lane} ${from}→${to} ${because}`)).toContain(
      `${FIRST} unknown→pressure quota`,
    );
    expect(core.records[0]?.attempts[0]?.quotas).toMatchObject([{ window: "req", scope: "lane", leftShare: 0.03 }]);
    expect(await served(core, stream)).toBe("second/a/m");
    expect(core.records[1]?.attempts[0]?.quotas).toEqual([]);
    await core.effects.run(40_000 - (core.effects.nowMs() - startedMs) + 1_000);
    expect(label(core)).toBe("healthy");
    expect(await served(core, stream)).toBe(FIRST);
  },
);

test("the only lane is asked whatever is left", async () => {
  const lane = laneOf(FIRST, "openai");
  const nothing = { ...LOW, "x-ratelimit-remaining-requests": "0" };
  const core = createCore({
    deployment: deploymentOf({ lanes: [lane] }),
    answer: withHeaders(answering(OPENAI_WORDS), nothing),
  });
  for (let count = 0; count < 5; count += 1) expect(await served(core)).toBe(FIRST);
  expect(label(core)).toBe("pressure");
});

test("a refusal tells of limits too: the lane waits, and is under pressure when it is back", async () => {
  const core = setUp(withHeaders(refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "7" }), LOW));
  expect(await served(core)).toBe(`${FIRST} second/a/m`);
  expect(label(core)).toBe("rate-limited");
  await core.effects.run(7_000);
  expect(label(core)).toBe("pressure");
});

test("a caller's own credential has limits of its own", async () => {
  const core = setUp(withHeaders(answering(OPENAI_WORDS), LOW));
  const caller = { ...ANONYMOUS, passthrough: new Secret("the-callers-own") };
  await core.ask({ protocol: "openai", body: question("openai"), caller });
  expect(core.records[0]?.attempts[0]).toMatchObject({ lane: FIRST, quotas: [] });
  expect(label(core)).toBe("healthy");
});

test("an explanation shows the label and what is left", async () => {
  const core = setUp(withHeaders(answering(OPENAI_WORDS), LOW));
  await served(core);
  const { world, shared, protocols } = core;
  const explain = createExplain({ world, shared, protocols, admission: null, callerNamed: null });
  expect(await explain({ target: "pool", protocol: "openai", request: null, headers: {}, key: null })).toMatchObject({
    ok: true,
    value: {
      order: [
        { lane: "second/a/m", health: "unknown", quotas: [] },
        { lane: FIRST, health: "pressure", quotas: [{ window: "req", left_share: 0.03 }] },
      ],
    },
  });
});
