// A session is one agent at its work: it stays on the lane that served it last, whatever it is named by, and only while that
// lane is well.
import { describe, expect, test } from "bun:test";
import type { Caller } from "../../src/governance/identify.ts";
import type { PolicyId } from "../../src/ir/deployment.ts";
import { failure } from "../../src/ir/failure.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, stickyBy, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, json } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const TTL_MS = 100_000;
const LANES = ["a/1/one", "a/2/one", "b/1/two", "c/1/three"].map((id) => laneOf(id, "openai"));

function world(over: TargetOver = {}) {
  const broken = new Set<string>();
  const well = answering(OPENAI_WORDS);
  const at =
    (provider: string): Answer =>
    (call) =>
      (broken.has(provider) ? json(500, "{}") : well)(call);
  const pool = poolOf("pool", LANES, {
    select: "ranked",
    affinity: { ...stickyBy(), ttlMs: TTL_MS },
    breaker: { baseCooldownMs: 10_000, maxCooldownMs: 60_000, trip: { mode: "consecutive", failures: 1 } },
    ...over,
  });
  const core = createCore({
    deployment: deploymentOf({ lanes: LANES, targets: [pool] }),
    answer: byProvider({ a: at("a"), b: at("b"), c: at("c") }),
  });
  return { core, broken };
}

interface Turn {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly protocol?: string;
  readonly caller?: Caller;
  readonly isStream?: boolean;
}

async function laneFor(core: Core, turn: Turn): Promise<string> {
  const { protocol = "openai", headers = {}, caller = ANONYMOUS, body = {}, isStream = false } = turn;
  const asked = question(protocol, { model: "pool", stream: isStream, more: body });
  const got = await core.ask({ protocol, body: asked, headers, caller });
  return got.headers["x-ringmain-lane"] ?? String(got.status);
}

async function lanesFor(core: Core, turn: Turn, times = 6): Promise<string[]> {
  const lanes: string[] = [];
  for (let at = 0; at < times; at += 1) lanes.push(await laneFor(core, turn));
  return [...new Set(lanes)];
}

const NAMED: readonly (readonly [string, Turn])[] = [
  ...["x-claude-code-session-id", "session-id", "session_id", "thread-id", "x-session-id", "x-session-affinity"].map(
    (name) => [name, { headers: { [name]: "s" } }] as const,
  ),
  ["metadata.user_id", { protocol: "anthropic", body: { metadata: { user_id: "user_1_session_2" } } }],
  ["prompt_cache_key in Responses", { protocol: "responses", body: { prompt_cache_key: "s" } }],
  ["prompt_cache_key in Chat", { body: { prompt_cache_key: "s" } }],
];
const POLICIES: readonly PolicyId[] = ["weighted", "ranked", "ordered", "cheapest", "fastest", "least_busy"];

describe("what names a session", () => {
  test.each(NAMED)("%s, whole and streamed", async (_name, turn) => {
    for (const isStream of [true, false]) {
      expect(await lanesFor(world().core, { ...turn, isStream })).toHaveLength(1);
    }
  });

  test.each<readonly [string, Turn]>([
    ["nothing", {}],
    ["the system prompt", { protocol: "anthropic", body: { system: "You are an agent." } }],
    ["user_id that is no text", { protocol: "anthropic", body: { metadata: { user_id: 7 } } }],
    ["an empty header", { headers: { "session-id": "" } }],
    ["an empty name in the body", { body: { prompt_cache_key: " " } }],
  ])("%s does not: lanes are used in turn", async (_name, turn) => {
    expect((await lanesFor(world().core, turn)).length).toBeGreaterThan(1);
  });

  test("mode session: headers alone", async () => {
    const over = { affinity: { ...stickyBy(), body: false } };
    expect((await lanesFor(world(over).core, { body: { prompt_cache_key: "s" } })).length).toBeGreaterThan(1);
    expect(await lanesFor(world(over).core, { headers: { "session-id": "s" } })).toHaveLength(1);
  });

  test("mode off: none", async () => {
    const { core } = world({ affinity: null });
    expect((await lanesFor(core, { headers: { "session-id": "s" } })).length).toBeGreaterThan(1);
  });

  test("prefix: the caller and the user's first words, whatever the system prompt says", async () => {
    const { core } = world({ affinity: { ...stickyBy(), prefix: true } });
    const gemini = (text: string, system: string, more: readonly object[] = []) =>
      core.ask({
        protocol: "gemini",
        body: {
          model: "pool",
          systemInstruction: { parts: [{ text: system }] },
          contents: [{ role: "user", parts: [{ text }] }, ...more],
        },
      });
    const lanes = new Set<string | undefined>();
    const later = [
      { role: "model", parts: [{ text: "yes" }] },
      { role: "user", parts: [{ text: "go on" }] },
    ];
    for (let at = 0; at < 6; at += 1) {
      const got = await gemini("mend it", `today is ${at}`, at === 0 ? [] : later);
      lanes.add(got.headers["x-ringmain-lane"]);
    }
    expect(lanes.size).toBe(1);
    const others = new Set<string | undefined>();
    for (let at = 0; at < 12; at += 1) others.add((await gemini(`task ${at}`, "same")).headers["x-ringmain-lane"]);
    expect(others.size).toBeGreaterThan(1);
  });

  test("two callers with one name have two sessions", async () => {
    const { core } = world();
    const lanes = new Set<string>();
    for (let at = 0; at < 12; at += 1) {
      const caller = { ...ANONYMOUS, label: `team-${at}` };
      const own = await lanesFor(core, { headers: { "session-id": "s" }, caller }, 3);
      expect(own).toHaveLength(1);
      for (const lane of own) lanes.add(lane);
    }
    expect(lanes.size).toBeGreaterThan(1);
  });
});

describe.each(POLICIES)("where it goes with select: %s", (select) => {
  const turn = { headers: { "session-id": "s" } };

  test("a failure moves it for good, to the same model where that stands ready", async () => {
    const { core, broken } = world({ select });
    const home = await laneFor(core, turn);
    expect(await lanesFor(core, turn)).toEqual([home]);
    broken.add(home.slice(0, 1));
    const away = await laneFor(core, turn);
    expect(away).not.toBe(home);
    broken.clear();
    await core.effects.run(60_000);
    expect(await lanesFor(core, turn, 12)).toEqual([away]);
  });

  test("a session that was quiet for its time is a new one", async () => {
    const { core, broken } = world({ select: "ordered" });
    const home = await laneFor(core, turn);
    broken.add("a");
    const away = await laneFor(core, turn);
    broken.clear();
    await core.effects.run(TTL_MS - 1_000);
    // Each turn begins its time anew.
    expect(await laneFor(core, turn)).toBe(away);
    await core.effects.run(TTL_MS - 1_000);
    expect(await laneFor(core, turn)).toBe(away);
    await core.effects.run(TTL_MS + 1_000);
    expect((await laneFor(core, turn)).slice(0, 1)).toBe(home.slice(0, 1));
  });
});

test("another account of its model comes before another model, where its own is out", async () => {
  const { core } = world({ select: "weighted" });
  for (let at = 0; at < 12; at += 1) {
    const turn = { headers: { "session-id": `s${at}` } };
    const home = await laneFor(core, turn);
    if (!home.startsWith("a/")) continue;
    const lane = LANES.find(({ id }) => id === home);
    if (lane === undefined) throw new Error("an unknown lane");
    const { health } = core.shared;
    const now = core.effects.nowMs();
    const guard = health.admit(poolOf("pool", LANES), lane, now);
    guard?.failed(failure("rate-limited", "Slow down.", 5_000), now);
    guard?.release(now);
    expect((await laneFor(core, turn)).startsWith("a/")).toBe(true);
    await core.effects.run(6_000);
  }
});

test("a count goes where the session is, and moves nothing", async () => {
  const { core } = world();
  const headers = { "session-id": "s" };
  const body = { model: "pool", messages: [{ role: "user", content: "hello" }] };
  await core.ask({ protocol: "anthropic", operation: "count", body, headers });
  expect(core.shared.sessions.size()).toBe(0);
  await laneFor(core, { headers });
  expect(core.shared.sessions.size()).toBe(1);
});
