// Health probes: when they are sent, that every protocol's is a valid request, and what their answers do to the lane.
import { afterEach, describe, expect, test } from "bun:test";
import { startProbes } from "../../src/exchange/probing/probe.ts";
import { UNKNOWN_CAPABILITIES } from "../../src/ir/capability.ts";
import type { Lane, Provider } from "../../src/ir/deployment.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { at, parseJson } from "../../src/std/json.ts";
import { question } from "../harness/client-words.ts";
import { type Core, type CoreInput, createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf, providerOf } from "../harness/deployments.ts";
import { answering, bodyText, json, refusing, stream, transportError } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";
import { type Answer, answerNever } from "../harness/virtual-effects.ts";

const INTERVAL_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** A turn is never later than this: the interval and its jitter. */
const TURN_MS = INTERVAL_MS * 1.1 + 1;

interface Set {
  readonly core: Core;
  readonly probed: string[];
  readonly bugs: unknown[];
  readonly stop: () => void;
}

const running: Set[] = [];
afterEach(() => {
  for (const each of running.splice(0)) {
    each.stop();
    // Whatever happened, a stop leaves nothing armed.
    expect(each.core.effects.timersPending()).toBe(0);
    expect(each.core.inflight()).toBe(0);
    expect(each.bugs).toEqual([]);
  }
});

function setUp(
  answer: Answer,
  options: {
    readonly mode?: Provider["health"]["mode"];
    readonly lane?: Partial<Lane>;
    readonly protocol?: string;
    readonly path?: string | null;
    readonly over?: Partial<CoreInput>;
    readonly auth?: "none" | "passthrough";
  } = {},
): Set {
  const { mode = "active", protocol = "openai" } = options;
  const doors = [doorOf(protocol, { path: options.path ?? null })] as const;
  const lane = laneOf("p/a/m", protocol, { doors, ...options.lane });
  const health = { mode, intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS };
  const deployment = deploymentOf({
    lanes: [lane],
    targets: [poolOf("pool", [lane]), poolOf("second", [lane])],
    providers: [providerOf("p", { health })],
    auth: { mode: options.auth ?? "none", clientTokens: [] },
  });
  const core = createCore({ deployment, answer, ...options.over });
  const probed: string[] = [];
  const bugs: unknown[] = [];
  const probes = startProbes({
    world: core.world,
    shared: core.shared,
    onProbe: ({ outcome }) => probed.push(outcome),
    onBug: (error) => bugs.push(error),
  });
  const made = { core, probed, bugs, stop: probes.stop };
  running.push(made);
  return made;
}

function laneIn({ core }: Set): Lane {
  const lane = core.world.deployment.lanes["p/a/m"];
  if (lane === undefined) throw new Error("no lane");
  return lane;
}

/** Pool · second: why it is out. */
function reach(set: Set): string {
  const look = (name: string): string => {
    const target = set.core.world.deployment.targets[name];
    if (target === undefined) throw new Error("no target");
    return set.core.shared.health.condition(target, laneIn(set), set.core.effects.nowMs()).because ?? "ok";
  };
  return `${look("pool")} · ${look("second")}`;
}

/** Fails through the pool until its breaker opens. */
async function trip({ core }: Set): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    await core.ask({ protocol: "openai", body: question("openai", { model: "pool" }) });
  }
}

describe("every protocol's probe", () => {
  test.each(Object.values(PROTOCOLS).filter(({ id }) => VENDOR_WORDS.some(({ protocol }) => protocol === id)))(
    "$id: is a small valid request with the lane's own credential, and a good answer proves the lane",
    async (protocol) => {
      const set = setUp(answering(wordsOf(protocol.id)), { protocol: protocol.id });
      await set.core.effects.run(TURN_MS);
      expect(set.probed).toEqual(["ok"]);
      const [call] = set.core.effects.calls;
      if (call === undefined) throw new Error("nothing was sent");
      const body: unknown = parseJson(bodyText(call));
      const read = protocol.payload.readRequest(Object(body));
      expect(read.losses).toEqual([]);
      expect(read.value).toMatchObject({ stream: false, maxOutputTokens: 16, tools: [] });
      // In the body, or in the path.
      expect(`${call.url} ${bodyText(call)}`).toContain("upstream-m");
      expect(JSON.stringify(call.init.headers)).toContain("key-of-p-a");
      expect(call.init.headers["user-agent"]).toBe("ringmain/test");
      expect(set.core.shared.health.facts(laneIn(set), 0).ok).toBe(0); // nobody's request was answered
      expect(set.core.records).toEqual([]);
    },
  );
});

describe("a lane that takes no chat", () => {
  const mute = { ...UNKNOWN_CAPABILITIES, output: [] };
  const embeds = { upstreamModel: "some-embed-v2", capabilities: mute };

  test.each([
    ["openai", embeds, "/v1/embeddings", '{"data":[{"index":0,"embedding":[0.5]}],"model":"x"}'],
    ["cohere", embeds, "/v2/embed", '{"id":"i","embeddings":{"float":[[0.5]]}}'],
    ["gemini", embeds, "/v1beta/models/some-embed-v2:batchEmbedContents", '{"embeddings":[{"values":[0.5]}]}'],
    [
      "bedrock",
      { ...embeds, upstreamModel: "amazon.titan-embed-text-v2:0" },
      "/invoke",
      '{"embedding":[0.5],"inputTextTokenCount":1}',
    ],
    // Nothing is known but its name, or its catalog name.
    ["openai", { upstreamModel: "text-embedding-new" }, "/v1/embeddings", '{"data":[{"index":0,"embedding":[0.5]}]}'],
    [
      "openai",
      { upstreamModel: "deployment-7", canonical: { id: "text-embedding-3-small", proven: true }, capabilities: mute },
      "/v1/embeddings",
      '{"data":[{"index":0,"embedding":[0.5]}]}',
    ],
  ] as const)("%s %j: is asked for one word's embedding", async (protocol, lane, path, body) => {
    const set = setUp(json(200, body), { protocol, lane });
    await set.core.effects.run(TURN_MS);
    expect(set.probed).toEqual(["ok"]);
    const [call, ...others] = set.core.effects.calls;
    expect(others).toEqual([]);
    expect(call?.url).toEndWith(path);
    const sent = call === undefined ? "" : bodyText(call);
    expect(sent).toContain('"ping"');
    expect(sent).not.toContain("max_");
  });

  test.each([
    ["an embedding model of a protocol that offers none", "anthropic", embeds],
    ["a provider whose path has no place for embeddings", "openai", embeds],
    ["one that ranks, by its name", "cohere", { upstreamModel: "rerank-v3.5" }],
    ["one that ranks by embeddings, by its name", "openai", { upstreamModel: "embed-rerank-1" }],
    ["one that speaks", "openai", { upstreamModel: "tts-1" }],
    ["one that hears", "openai", { upstreamModel: "whisper-1" }],
    ["one that draws, as the catalog knows", "openai", { capabilities: { ...mute, output: ["image" as const] } }],
  ] as const)("%s: is asked nothing, and stays as it was", async (name, protocol, lane) => {
    const path = name.startsWith("a provider") ? "/custom/{model}/answer" : null;
    const set = setUp(json(404, "{}"), { protocol, lane, path });
    await set.core.effects.run(5 * TURN_MS);
    expect([set.core.effects.calls, set.probed, reach(set)]).toEqual([[], [], "ok · ok"]);
  });

  test.each([
    { upstreamModel: "embedder-that-talks", capabilities: { ...mute, output: ["text" as const] } },
    { upstreamModel: "anything" },
  ])("one that is known to write, or of which nothing is known, is asked a word: %j", async (lane) => {
    const set = setUp(answering(OPENAI_WORDS), { lane });
    await set.core.effects.run(TURN_MS);
    expect([set.probed, set.core.effects.calls[0]?.url]).toEqual([["ok"], "https://p.invalid/v1/chat/completions"]);
  });
});

describe("when", () => {
  test("not before an interval has passed, then once an interval, never in step", async () => {
    const set = setUp(answering(OPENAI_WORDS));
    await set.core.effects.run(INTERVAL_MS * 0.9 - 1);
    expect(set.probed).toEqual([]);
    await set.core.effects.run(10 * INTERVAL_MS);
    expect(set.probed.length).toBeGreaterThanOrEqual(9);
    const moments = set.core.effects.calls.map(({ atMs }) => atMs);
    const pauses = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
    expect(new Set(pauses).size).toBeGreaterThan(3);
    for (const pause of pauses) expect(Math.abs(pause - INTERVAL_MS)).toBeLessThanOrEqual(INTERVAL_MS * 0.1 + 1);
  });

  test("mode none, lanes that are not routed to and those that do not write: never", async () => {
    const mute = { ...UNKNOWN_CAPABILITIES, output: ["audio" as const] };
    for (const options of [{ mode: "none" }, { lane: { routing: false } }, { lane: { capabilities: mute } }] as const) {
      const set = setUp(answering(OPENAI_WORDS), options);
      await set.core.effects.run(5 * TURN_MS);
      expect(set.core.effects.calls).toEqual([]);
    }
  });

  test("a lane without its key: never, a local one that needs none: yes, unless callers bring their own", async () => {
    const unreadable = setUp(answering(OPENAI_WORDS), {
      over: { tamper: { world: (world) => ({ ...world, secretOf: () => null }) } },
    });
    await unreadable.core.effects.run(3 * TURN_MS);
    expect(unreadable.core.effects.calls).toEqual([]);
    const local = setUp(answering(OPENAI_WORDS), { lane: { credential: null } });
    await local.core.effects.run(TURN_MS);
    expect(local.probed).toEqual(["ok"]);
    const passthrough = setUp(answering(OPENAI_WORDS), { lane: { credential: null }, auth: "passthrough" });
    await passthrough.core.effects.run(3 * TURN_MS);
    expect(passthrough.core.effects.calls).toEqual([]);
  });

  test("not where a client has just been answered well", async () => {
    const set = setUp(answering(OPENAI_WORDS));
    await set.core.effects.run(INTERVAL_MS * 0.85);
    await set.core.ask({ protocol: "openai", body: question("openai", { model: "pool" }) });
    await set.core.effects.run(INTERVAL_MS * 0.25);
    expect(set.probed).toEqual([]);
    await set.core.effects.run(TURN_MS);
    expect(set.probed).toEqual(["ok"]);
  });

  test("dead: only a lane against which something stands, an open breaker included", async () => {
    let broken = false;
    const set = setUp((call) => (broken ? json(500, "{}")(call) : answering(OPENAI_WORDS)(call)), { mode: "dead" });
    await set.core.effects.run(3 * TURN_MS);
    expect(set.core.effects.calls).toEqual([]);
    broken = true;
    await trip(set);
    expect(reach(set)).toBe("breaker-open · ok");
    broken = false;
    await set.core.effects.run(TURN_MS);
    expect(set.probed).toEqual(["ok"]);
    expect(reach(set)).toBe("ok · ok");
  });

  test("not while the vendor has said when to come back", async () => {
    const set = setUp(refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "300" }));
    await set.core.ask({ protocol: "openai", body: question("openai", { model: "pool" }) });
    const before = set.core.effects.calls.length;
    await set.core.effects.run(200_000);
    expect(set.core.effects.calls.length).toBe(before);
    await set.core.effects.run(150_000);
    expect(set.core.effects.calls.length).toBeGreaterThan(before);
  });

  test("never twice at once on one lane, and a silent vendor only for its time limit", async () => {
    const set = setUp(answerNever);
    await set.core.effects.run(TURN_MS);
    expect(set.core.effects.calls).toHaveLength(1);
    await set.core.effects.run(TIMEOUT_MS);
    expect(set.probed).toEqual(["timeout"]);
  });

  test("a stop ends one under way", async () => {
    const set = setUp(answerNever);
    await set.core.effects.run(TURN_MS);
    set.stop();
    await set.core.effects.run(10 * TURN_MS);
    expect(set.probed).toEqual([]);
    expect(set.core.effects.calls).toHaveLength(1);
  });
});

describe("what an answer does", () => {
  test.each([
    ["200", answering(OPENAI_WORDS), "ok", "ok · ok"],
    ["401", refusing(OPENAI_WORDS, "credential"), "credential", "hard-out · hard-out"],
    ["402", json(402, "{}"), "billing", "hard-out · hard-out"],
    [
      "404 of the model, which may only take no chat",
      refusing(OPENAI_WORDS, "model-missing"),
      "model-missing",
      "ok · ok",
    ],
    [
      "429 with a hint",
      refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "60" }),
      "rate-limited",
      "waiting · waiting",
    ],
    ["400", refusing(OPENAI_WORDS, "rejected"), "rejected", "ok · ok"],
    ["500", json(500, "{}"), "server-error", "ok · ok"],
    ["a refused connection", transportError("ConnectionRefused"), "network", "ok · ok"],
    ["a stream nobody asked for", stream([]), "malformed", "ok · ok"],
  ] as const)("%s", async (_name, answer, outcome, because) => {
    const set = setUp(answer);
    await set.core.effects.run(TURN_MS);
    expect(set.probed).toEqual([outcome]);
    expect(reach(set)).toBe(because);
  });

  test("failures count in every target it serves, by that target's own rule", async () => {
    const set = setUp(json(500, "{}"));
    await set.core.effects.run(3 * TURN_MS);
    expect(set.probed).toEqual(["server-error", "server-error", "server-error"]);
    expect(reach(set)).toBe("breaker-open · breaker-open");
    expect(set.core.changes.map(({ target, to }) => `${target} ${to}`).toSorted()).toEqual([
      "m cooling-down",
      "pool cooling-down",
      "second cooling-down",
    ]);
  });

  test("a good one takes back a hard-out of the account and tells of it", async () => {
    let bad = true;
    const set = setUp((call) => (bad ? refusing(OPENAI_WORDS, "credential") : answering(OPENAI_WORDS))(call), {
      mode: "dead",
    });
    await set.core.ask({ protocol: "openai", body: question("openai", { model: "pool" }) });
    expect(reach(set)).toBe("hard-out · hard-out");
    await set.core.effects.run(TURN_MS);
    bad = false;
    await set.core.effects.run(2 * TURN_MS);
    expect(reach(set)).toBe("ok · ok");
    expect(set.core.changes.at(-1)).toMatchObject({ to: "healthy", because: "probe" });
  });

  test("a good one leaves what a closed breaker has counted: two real failures and one more still trip", async () => {
    let broken = true;
    const set = setUp((call) => {
      const isProbe = at(parseJson(bodyText(call)), "messages", 0, "content") === "ping";
      return (broken && !isProbe ? json(500, "{}") : answering(OPENAI_WORDS))(call);
    });
    const ask = () => set.core.ask({ protocol: "openai", body: question("openai", { model: "pool" }) });
    await ask();
    await ask();
    await set.core.effects.run(TURN_MS);
    expect(set.probed).toEqual(["ok"]);
    await ask();
    expect(reach(set)).toBe("breaker-open · ok");
    broken = false;
  });
});
