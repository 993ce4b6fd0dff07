// The failover of a named ability: who may stand in for whom, how often, and what the client is told, from the outside.
import { describe, expect, test } from "bun:test";
import type { Lane } from "../../src/ir/deployment.ts";
import { at, parseJson } from "../../src/std/json.ts";
import { question } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";
import { answerNever } from "../harness/virtual-effects.ts";

const PICTURE = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const TOOLS = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
const STRONG: LaneOver = { capabilities: { tier: "strong", input: ["text"], tools: true } };

/** Lanes of other models at other vendors; those named fail with a 429. */
function start(overs: readonly LaneOver[], fails: readonly number[], target: TargetOver = {}): Core {
  const lanes = overs.map((over, index) => laneOf(`p${index}/a/m${index}`, "openai", over));
  const vendors = lanes.map(({ provider }, index) => {
    const answer = fails.includes(index) ? refusing(OPENAI_WORDS, "rate-limited") : answering(OPENAI_WORDS);
    return [provider, answer] as const;
  });
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, target)] }),
    answer: byProvider(Object.fromEntries(vendors)),
  });
}

const KEEP: TargetOver = { failover: { keep: ["tier"], cap: 9 } };
const ask = (core: Core, more: Record<string, unknown> = {}) =>
  core.ask({ protocol: "openai", body: question("openai", { more }) });
const asked = (core: Core): string[] => core.effects.calls.map(({ url }) => new URL(url).hostname.slice(0, 2));
const bodies = (core: Core): string =>
  core.effects.calls
    .map(({ init }) => new TextDecoder().decode(init.body instanceof Uint8Array ? init.body : undefined))
    .join("\n");

describe("after a 429", () => {
  test("a model of the same tier serves, once, and both are named", async () => {
    const core = start([STRONG, STRONG], [0], KEEP);
    const got = await ask(core);
    expect(got.status).toBe(200);
    expect(got.headers["x-ringmain-switch"]).toBe("from=p0/a/m0; to=p1/a/m1; reason=rate-limited; tier=same");
    expect(asked(core)).toEqual(["p0", "p1"]);
    expect(core.records[0]?.switch).toMatchObject({ from: "p0/a/m0", to: "p1/a/m1" });
  });

  test("models of lower tiers are never asked, and each is told with what it breaks", async () => {
    const fast: LaneOver = { capabilities: { tier: "fast", input: ["text"], tools: true } };
    const core = start([STRONG, fast, { capabilities: { input: ["text"], tools: true } }], [0], KEEP);
    const got = await ask(core);
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_capable_fallback"]);
    expect(at(parseJson(got.text), "error", "gateway", "skipped")).toMatchObject([
      { lane: "p1/a/m1", because: "breaks-keep", breaks: ["tier"] },
      { lane: "p2/a/m2", because: "breaks-keep", breaks: ["tier"] },
    ]);
    expect(asked(core)).toEqual(["p0"]);
  });

  test.each([
    ["the last turn", { messages: [{ role: "user", content: [PICTURE] }] }],
    [
      "an old turn",
      {
        messages: [
          { role: "user", content: [PICTURE] },
          { role: "assistant", content: "A cat." },
          { role: "user", content: "Which kind?" },
        ],
      },
    ],
  ])("a picture in %s is never taken out for a model that cannot see", async (_where, more) => {
    const sees: LaneOver = { capabilities: { tier: "strong", input: ["text", "image"] } };
    const core = start([sees, STRONG, STRONG], [0]);
    const got = await ask(core, more);
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_capable_fallback"]);
    expect(at(parseJson(got.text), "error", "gateway", "skipped")).toMatchObject([
      { lane: "p1/a/m1", because: "lacks-capability", lacks: ["image input"] },
      { lane: "p2/a/m2", because: "lacks-capability", lacks: ["image input"] },
    ]);
    expect(asked(core)).toEqual(["p0"]);
    expect(bodies(core)).toContain("iVBORw0KGgo=");
  });

  test.each([
    [undefined, 503, null],
    ["deny", 503, null],
    ["allow", 200, "from=p0/a/m0; to=p1/a/m1; reason=rate-limited; tier=same; unverified"],
  ] as const)("tools that a stand-in is not known to call (unknown: %p): %d", async (unknown, status, header) => {
    const unsure: LaneOver = { capabilities: { tier: "strong" }, ...(unknown === undefined ? {} : { unknown }) };
    const core = start([STRONG, unsure], [0], KEEP);
    const got = await ask(core, { tools: TOOLS });
    expect([got.status, got.headers["x-ringmain-switch"] ?? null]).toEqual([status, header]);
    expect(asked(core)).toEqual(status === 200 ? ["p0", "p1"] : ["p0"]);
  });

  test("all that fail are asked once and listed in their order, with what they said and how long they took", async () => {
    const core = start([STRONG, STRONG, STRONG, STRONG], [0, 1, 2, 3], { failover: { cap: 2 } });
    const got = await ask(core);
    expect(asked(core)).toEqual(["p0", "p1", "p2"]);
    const tried = at(parseJson(got.text), "error", "gateway", "tried");
    expect(tried).toMatchObject(
      ["p0/a/m0", "p1/a/m1", "p2/a/m2"].map((lane) => ({ lane, status: 429, durationMs: 0 })),
    );
  });

  test("a client that leaves during the first attempt gets no second one", async () => {
    const lanes: Lane[] = [laneOf("p0/a/m0", "openai"), laneOf("p1/a/m1", "openai")];
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: byProvider({ p0: answerNever, p1: answering(OPENAI_WORDS) }),
    });
    const started = core.start({ protocol: "openai", body: question("openai") });
    await core.effects.run(10);
    started.leave();
    expect((await core.until(started.answer)).status).toBe(499);
    expect(asked(core)).toEqual(["p0"]);
  });
});

describe("a model whose protocol has no place for what is asked", () => {
  test("is left out where nothing may be lost", async () => {
    const lanes = [laneOf("p0/a/m0", "openai"), laneOf("p1/a/m1", "anthropic")];
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { translation: "off" })] }),
      answer: byProvider({ p0: refusing(OPENAI_WORDS, "server-error"), p1: answering(OPENAI_WORDS) }),
    });
    const got = await ask(core, { tools: TOOLS });
    expect(got.status).toBeGreaterThanOrEqual(500);
    expect(asked(core)).toEqual(["p0"]);
    expect(core.records[0]?.skipped).toContainEqual({ lane: "p1/a/m1", because: "other-protocol" });
  });
});
