// When another lane serves than the one that was meant, the client, the decision and the metrics are told: from, to, why, and
// what the change means for the tier. What a vendor calls its model is told too, and only where it said so.
import { describe, expect, test } from "bun:test";
import type { Lane } from "../../src/ir/deployment.ts";
import { failure } from "../../src/ir/failure.ts";
import { decisionOf } from "../../src/observability/decision.ts";
import { question } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, stickyBy, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, streamed, whole } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, type Trouble } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const tier = (id: string, of: Lane["capabilities"]["tier"]) => laneOf(id, "openai", { capabilities: { tier: of } });
const LANES = [
  tier("a/1/strong", "strong"),
  tier("a/2/strong", "strong"),
  tier("b/1/fast", "fast"),
  tier("c/1/frontier", "frontier"),
  tier("d/1/secret", null),
];
const [a1, a2, fast, frontier, secret] = LANES.map(({ id }) => id);

function world(over: TargetOver = {}, lanes: readonly Lane[] = LANES) {
  const troubles = new Map<string, Trouble>();
  const well = answering(OPENAI_WORDS);
  const at =
    (provider: string): Answer =>
    (call) => {
      const account = JSON.stringify(call.init.headers).match(/key-of-\w+-(\d)/)?.[1] ?? "";
      const trouble = troubles.get(provider) ?? troubles.get(`${provider}/${account}`);
      return (trouble === undefined ? well : refusing(OPENAI_WORDS, trouble))(call);
    };
  const pool = poolOf("pool", lanes, { select: "ordered", affinity: stickyBy(), failover: { cap: 9 }, ...over });
  const answers = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, at(name)]));
  const deployment = deploymentOf({ lanes, targets: [pool] });
  const core = createCore({ deployment, answer: byProvider(answers) });
  return { core, troubles, deployment };
}

const ask = (core: Core, headers: Record<string, string> = {}, isStream = false) =>
  core.ask({ protocol: "openai", body: question("openai", { stream: isStream }), headers });
const told = async (core: Core, headers: Record<string, string> = {}, isStream = false) =>
  (await ask(core, headers, isStream)).headers["x-ringmain-switch"];

describe.each([true, false])("stream %p", (isStream) => {
  test.each<readonly [string, readonly [string, Trouble][], string | undefined]>([
    ["nothing failed", [], undefined],
    ["another account", [["a", "overloaded"]], `from=${a1}; to=${fast}; reason=overloaded; tier=down`],
    [
      "the one after the next",
      [
        ["a", "server-error"],
        ["b", "overloaded"],
      ],
      `from=${a1}; to=${frontier}; reason=server-error; tier=up`,
    ],
    [
      "a tier that is not known",
      [
        ["a", "credential"],
        ["b", "overloaded"],
        ["c", "overloaded"],
      ],
      `from=${a1}; to=${secret}; reason=credential; tier=unknown`,
    ],
  ])("%s", async (_name, out, expected) => {
    const { core, troubles, deployment } = world();
    for (const [provider, trouble] of out) troubles.set(provider, trouble);
    expect(await told(core, {}, isStream)).toBe(expected);
    const [record] = core.records;
    if (record === undefined) throw new Error("no record");
    const shown = decisionOf(record, deployment, 1).switch;
    expect(
      shown === null ? undefined : `from=${shown.from}; to=${shown.to}; reason=${shown.reason}; tier=${shown.tier}`,
    ).toBe(expected);
  });

  test("a session whose lane is left out is told, without any attempt there", async () => {
    const { core, troubles, deployment } = world();
    const session = { "session-id": "s" };
    expect(await told(core, session, isStream)).toBeUndefined();
    const [home] = core.records[0]?.attempts ?? [];
    const lane = LANES.find(({ id }) => id === home?.lane);
    if (lane === undefined) throw new Error("no lane");
    const { health } = core.shared;
    const pool = deployment.targets["pool"];
    if (pool === undefined) throw new Error("no pool");
    const guard = health.admit(pool, lane, core.effects.nowMs());
    guard?.failed(failure("rate-limited", "Slow down.", 60_000), core.effects.nowMs());
    guard?.release(core.effects.nowMs());
    const other = lane.id === a1 ? a2 : a1;
    expect(await told(core, session, isStream)).toBe(`from=${lane.id}; to=${other}; reason=waiting; tier=same`);
    expect(decisionOf(lastOf(core), deployment, 2).reason).toBe(
      `${lane.id} has the session and was left out (waiting), so ${other} served it.`,
    );
    // It has moved: the next turn is no switch.
    expect(await told(core, session, isStream)).toBeUndefined();
    troubles.clear();
  });
});

function lastOf(core: Core) {
  const record = core.records.at(-1);
  if (record === undefined) throw new Error("no record");
  return record;
}

test("a refusal is no switch", async () => {
  const { core, troubles } = world({ failover: { cap: 1 } });
  for (const provider of ["a", "b", "c", "d"]) troubles.set(provider, "server-error");
  const got = await ask(core);
  expect([got.status, got.headers["x-ringmain-switch"], core.records[0]?.switch]).toEqual([503, undefined, undefined]);
});

describe("x-ringmain-upstream-model", () => {
  const { model: _model, ...nameless } = JSON.parse(OPENAI_WORDS.body(said()));
  test.each<readonly [string, Answer, boolean, string | undefined]>([
    ["whole", whole(OPENAI_WORDS, { model: "gpt-9-2026-11-01" }), false, "gpt-9-2026-11-01"],
    ["streamed", streamed(OPENAI_WORDS, { model: "gpt-9-2026-11-01" }), true, "gpt-9-2026-11-01"],
    ["not said", json(200, JSON.stringify(nameless)), false, undefined],
    ["no header's text", whole(OPENAI_WORDS, { model: "gpt 9\r\nx: y ä" }), false, "gpt%209%0D%0Ax:%20y%20%C3%A4"],
  ])("%s", async (_name, answer, isStream, expected) => {
    const lane = laneOf("a/1/one", "openai");
    const core = createCore({ deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }), answer });
    for (const protocol of ["openai", "anthropic"]) {
      const got = await core.ask({ protocol, body: question(protocol, { stream: isStream }) });
      expect(got.headers["x-ringmain-upstream-model"]).toBe(expected);
    }
  });
});
