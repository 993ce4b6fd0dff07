// A gateway and the one after it, in one process under virtual time: what a change of the configuration leaves alone.
import { describe, expect, test } from "bun:test";
import { type Composed, type ComposeInput, compose } from "../src/compose.ts";
import type { Answer } from "../src/exchange/contract.ts";
import type { Deployment } from "../src/ir/deployment.ts";
import type { ExchangeRecord } from "../src/ir/record.ts";
import { PROTOCOLS } from "../src/protocols/index.ts";
import { encodeUtf8 } from "../src/std/bytes.ts";
import { Secret } from "../src/std/secret.ts";
import { question } from "./harness/client-words.ts";
import { ANONYMOUS, routeOf } from "./harness/core.ts";
import { deploymentOf, laneOf, poolOf, providerOf } from "./harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream } from "./harness/scripted-answers.ts";
import { said, wordsOf } from "./harness/vendor-words.ts";
import { createVirtualEffects, type Answer as Fetched, settle } from "./harness/virtual-effects.ts";

const words = wordsOf("openai");
const kept = laneOf("kept/a/one", "openai");
const gone = laneOf("gone/a/two", "openai");
const fresh = laneOf("fresh/a/three", "openai");
const before = deploymentOf({ lanes: [kept, gone], targets: [poolOf("pool", [kept, gone])] });
const after = deploymentOf({ lanes: [kept, fresh], targets: [poolOf("pool", [kept]), poolOf("new", [fresh])] });

/** A secret whose look-up throws. */
const BROKEN = "BROKEN";

const nothing = (): void => undefined;
const LOG = {
  sink: { name: "log", record: nothing, transition: nothing },
  ...{ error: nothing, warn: nothing, info: nothing, debug: nothing, writeFailures: () => 0 },
};

function setUp(answer: Fetched) {
  const effects = createVirtualEffects({ answer });
  const records: ExchangeRecord[] = [];
  const build = (deployment: Deployment, carried: ComposeInput["carried"]): Composed => {
    const gateway = compose({
      deployment,
      effects,
      secrets(ref) {
        if (ref.kind === "env" && ref.name === BROKEN) throw new Error("a bug");
        return new Secret("key");
      },
      readText: () => null,
      listenIsLoopback: true,
      sinks: [{ name: "test", record: (record) => void records.push(record), transition: nothing }],
      log: LOG,
      governed: null,
      processFigures: () => ({ residentBytes: 0, eventLoopLagMaxMs: 0 }),
      carried,
    });
    gateway.start();
    return gateway;
  };
  return { effects, records, build, first: build(before, null) };
}

function ask(gateway: Composed, model: string, isStream = false): Promise<Answer> {
  const route = routeOf(Object.values(PROTOCOLS), "openai", "chat");
  return gateway.exchange.run({
    route,
    parts: { method: "POST", path: route.path, query: "", headers: { "content-type": "application/json" }, params: {} },
    caller: ANONYMOUS,
    body: encodeUtf8(JSON.stringify(question("openai", { model, stream: isStream }))),
    signal: new AbortController().signal,
    receivedMs: 0,
  });
}

async function textOf({ body }: Answer): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = await body.next(); bytes !== null; bytes = await body.next()) text += decoder.decode(bytes);
  return text;
}

const statusOf = async (gateway: Composed, model: string): Promise<number> => (await ask(gateway, model)).status;

test("a lane that is out stays out, and one that is gone is not asked", async () => {
  const down = json(500, "no");
  const { build, effects, first } = setUp(byProvider({ kept: down, gone: down, fresh: answering(words) }));
  for (let count = 0; count < 3; count += 1) await statusOf(first, "pool");
  const calls = effects.calls.length;
  const second = build(after, first.handOver());
  expect(second.stats().lanes.map(({ id, err }) => [id, err > 0])).toEqual([
    ["kept/a/one", true],
    ["fresh/a/three", false],
  ]);
  expect(second.stats().lanes[0]?.cells.find(({ pool }) => pool === "pool")?.state).toBe("open");
  // One last lane is tried in spite of statistics; the one that is gone is not.
  await statusOf(second, "pool");
  expect(effects.calls.slice(calls).map(({ url }) => new URL(url).hostname)).toEqual(["kept.invalid"]);
});

test("a new model is served at once, and one that is gone is unknown", async () => {
  const { build, first } = setUp(byProvider({ kept: answering(words), fresh: answering(words) }));
  expect(await statusOf(first, "new")).toBe(404);
  const second = build(after, first.handOver());
  expect(await statusOf(second, "new")).toBe(200);
  expect(await statusOf(second, "two")).toBe(404);
});

test("a stream that runs ends whole with what it began with, and both gateways know of it", async () => {
  const go = Promise.withResolvers<void>();
  const frames = words.frames(said({ pieces: ["one ", "two ", "three"] }));
  const steps = frames.flatMap((bytes, index): BodyStep[] => [
    { do: "bytes", bytes },
    ...(index === words.handshakeFrames ? [{ do: "wait", until: () => go.promise } as const] : []),
  ]);
  const { build, first, records } = setUp(byProvider({ gone: stream(steps), kept: answering(words) }));
  const onlyGone = deploymentOf({ lanes: [gone], targets: [poolOf("pool", [gone])] });
  const old = build(onlyGone, first.handOver());
  const running = await ask(old, "pool", true);
  const second = build(after, old.handOver());
  expect([old.inFlight(), second.inFlight()]).toEqual([1, 1]);
  const text = textOf(running);
  go.resolve();
  expect(await text).toContain("three");
  expect(await text).toEndWith("data: [DONE]\n\n");
  expect(records.map(({ outcome, target }) => [outcome, target])).toEqual([["answered", "pool"]]);
  expect([old.inFlight(), second.inFlight()]).toEqual([0, 0]);
});

test("stopping the newest ends what older ones still run, with an honest ending", async () => {
  const hanging = stream([
    ...words
      .frames(said())
      .slice(0, words.handshakeFrames + 1)
      .map((bytes): BodyStep => ({ do: "bytes", bytes })),
    { do: "hang" },
  ]);
  const { build, first, records } = setUp(byProvider({ kept: hanging, gone: hanging }));
  const text = textOf(await ask(first, "pool", true));
  const second = build(after, first.handOver());
  await settle();
  second.stop();
  expect(await text).toContain("error");
  expect(records).toHaveLength(1);
  expect(second.ready()).toEqual({ ok: false, reason: "stopping" });
});

test("what was counted goes on, and so does the time since the start", async () => {
  const { build, effects, first } = setUp(byProvider({ kept: answering(words), gone: answering(words) }));
  await statusOf(first, "pool");
  effects.advance(5_000);
  const second = build(after, first.handOver());
  await statusOf(second, "pool");
  const { targets, uptime_s: uptime } = second.stats();
  expect([uptime, targets.find(({ name }) => name === "pool")?.requests]).toEqual([5, 2]);
  const requests = second.metrics().counters["ringmain_requests_total"] ?? [];
  expect(requests.reduce((sum, { value }) => sum + value, 0)).toBe(2);
});

test("the end of a cooldown that began before is told after", async () => {
  const { build, effects, first } = setUp(byProvider({ kept: json(429, "no", { "retry-after": "60" }) }));
  const only = deploymentOf({ lanes: [kept], targets: [poolOf("pool", [kept])] });
  const old = build(only, first.handOver());
  await statusOf(old, "pool");
  const second = build(after, old.handOver());
  const transitions = (): number =>
    (second.metrics().counters["ringmain_lane_transitions_total"] ?? []).reduce((sum, { value }) => sum + value, 0);
  const atSwap = transitions();
  await effects.run(120_000);
  expect(transitions()).toBe(atSwap + 1);
});

describe("a deployment that cannot be composed", () => {
  const broken = { ...after, adminToken: { kind: "env", name: BROKEN } } as const;
  const health = { mode: "active", intervalMs: 10_000, timeoutMs: 1_000 } as const;
  const probed = deploymentOf({
    lanes: [kept, gone],
    targets: [poolOf("pool", [kept, gone])],
    providers: [providerOf("kept", { health })],
  });

  test("leaves the one before as it was: lanes, figures and probes", async () => {
    const { build, effects, first } = setUp(byProvider({ kept: answering(words), gone: json(500, "no") }));
    const old = build(probed, first.handOver());
    await statusOf(old, "two");
    const before = old.stats();
    expect(() => build(broken, old.handOver())).toThrow("a bug");
    expect(old.stats()).toEqual(before);
    expect(await statusOf(old, "one")).toBe(200);
    const calls = effects.calls.length;
    await effects.run(3 * health.intervalMs);
    expect(effects.calls.length).toBeGreaterThan(calls);
    old.stop();
  });

  test("is nothing to the one after it, which takes over and probes alone", async () => {
    const { build, effects, first } = setUp(byProvider({ kept: answering(words), gone: json(500, "no") }));
    const old = build(probed, first.handOver());
    expect(() => build(broken, old.handOver())).toThrow("a bug");
    const second = build(after, old.handOver());
    expect(second.stats().lanes.map(({ id }) => id)).toEqual(["kept/a/one", "fresh/a/three"]);
    await effects.run(3 * health.intervalMs);
    expect(effects.calls).toHaveLength(0);
    second.stop();
  });
});
