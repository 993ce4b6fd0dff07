// Edge cases of pools, breakers and failover that went wrong elsewhere, each a case of its own through the whole core.
import { describe, expect, test } from "bun:test";
import type { Lane, Target } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf, stickyBy, type TargetOver, targetOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, stream, transportError, whole } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";
import { type Answer, answerNever } from "../harness/virtual-effects.ts";

const good = answering(OPENAI_WORDS);
const [a, b, c] = [laneOf("a/x/one", "openai"), laneOf("b/x/two", "openai"), laneOf("c/x/three", "openai")];
const LANES = [a, b, c];
/** A stream's first words. */
const BEGUN = OPENAI_WORDS.frames(said({ pieces: ["hi"] }))
  .slice(0, 2)
  .join("");
const TRIP_AT_ONCE: TargetOver = {
  breaker: { baseCooldownMs: 10_000, maxCooldownMs: 60_000, trip: { mode: "consecutive", failures: 1 } },
};

function setUp(
  targets: readonly Target[],
  answers: Readonly<Record<string, Answer>>,
  lanes: readonly Lane[] = LANES,
): Core {
  return createCore({ deployment: deploymentOf({ lanes, targets }), answer: byProvider(answers) });
}

const ask = (core: Core, model = "pool", headers: Record<string, string> = {}, streamed = false) =>
  core.ask({ protocol: "openai", body: question("openai", { model, stream: streamed }), headers });

const because = (core: Core, target: Target, lane: Lane): string | null =>
  core.shared.health.condition(target, lane, core.effects.nowMs()).because;

describe("pools", () => {
  test("a full winner: a free sibling serves at once", async () => {
    const narrow = laneOf("a/x/one", "openai", { slots: { group: "a", max: 1 } });
    const lanes = [narrow, b];
    const core = setUp([poolOf("pool", lanes)], { a: answerNever, b: good }, lanes);
    const holder = core.start({ protocol: "openai", body: question("openai") });
    await core.effects.run(1);
    const got = await ask(core);
    expect([got.status, got.headers["x-ringmain-lane"], core.records[0]?.queuedMs]).toEqual([200, "b/x/two", 0]);
    holder.leave();
    await core.until(holder.answer);
  });

  test("a slot is held for the life of a stream and given back when its client leaves", async () => {
    const core = setUp([poolOf("pool", [a])], { a: stream([{ do: "bytes", bytes: BEGUN }, { do: "hang" }]) }, [a]);
    const asked = core.start({ protocol: "openai", body: question("openai", { stream: true }) });
    const answer = await core.until(asked.answer);
    expect(core.inflight()).toBe(1);
    if (answer.body instanceof Uint8Array) throw new Error("no stream");
    await answer.body.next();
    expect(core.inflight()).toBe(1);
    answer.body.cancel();
    await core.effects.run(1);
    expect(core.inflight()).toBe(0);
  });

  test("a session stays on its lane, goes on where it was served when that one fails, and comes back when it is forgotten", async () => {
    let broken = "";
    const answers = Object.fromEntries(
      ["a", "b", "c"].map((name) => [
        name,
        ((call) => (broken === name ? json(500, "{}") : good)(call)) satisfies Answer,
      ]),
    );
    const pool = poolOf("pool", LANES, { ...TRIP_AT_ONCE, affinity: stickyBy("x-session-id") });
    const core = setUp([pool], answers);
    const laneFor = async (session: string) =>
      (await ask(core, "pool", { "x-session-id": session })).headers["x-ringmain-lane"] ?? "";
    const home = await laneFor("s");
    expect(await laneFor("s")).toBe(home);
    broken = home.slice(0, 1);
    const away = await laneFor("s");
    expect(away).not.toBe(home);
    expect(await laneFor("s")).toBe(away);
    broken = "";
    await core.effects.run(20_000);
    expect(await laneFor("s")).toBe(away);
    await core.effects.run(3_600_000);
    expect(await laneFor("s")).toBe(home);
    // Another session knows nothing of it, and none without a name is bound.
    const others = new Set<string>();
    for (let count = 0; count < 500; count += 1) others.add(await laneFor(`other-${count}`));
    expect(others.size).toBe(3);
  });

  test("least bad never takes an excluded model", async () => {
    const pool = poolOf("pool", [a, b], {
      ...TRIP_AT_ONCE,
      failover: { exclusions: ["two"] },
      onExhausted: { action: "least-bad" },
    });
    const core = setUp([pool], { a: refusing(OPENAI_WORDS, "billing"), b: good }, [a, b]);
    for (let count = 0; count < 3; count += 1) expect((await ask(core)).status).not.toBe(200);
    expect(core.effects.calls.every(({ url }) => url.startsWith("https://a."))).toBe(true);
  });

  test("two pools over one lane rotate and break apart from each other", async () => {
    const pools = [poolOf("pool", [a, b], TRIP_AT_ONCE), poolOf("second", [a, b], TRIP_AT_ONCE)];
    const [first, second] = pools;
    if (first === undefined || second === undefined) throw new Error("no pools");
    const core = setUp(pools, { a: json(500, "{}"), b: good }, [a, b]);
    await ask(core, "pool");
    expect([because(core, first, a), because(core, second, a)]).toEqual(["breaker-open", null]);
  });

  test("an empty pool is refused and says nothing of machinery", async () => {
    const core = setUp([targetOf("pool", [])], {});
    const got = await ask(core);
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_eligible_lane"]);
    expect(see("openai", got.text).error).not.toMatch(/lane|breaker|cell/i);
  });

  test("a fallback pool's own lanes fail over, and its deadline is the first one's", async () => {
    const first = poolOf("pool", [a], { onExhausted: { action: "fallback-pool", pool: "spare" } });
    const spare = poolOf("spare", [b, c]);
    const core = setUp([first, spare], { a: json(500, "{}"), b: json(429, "{}"), c: good });
    const got = await ask(core);
    expect([got.status, got.headers["x-ringmain-attempts"]]).toEqual([200, "3"]);
    const slow = setUp([poolOf("pool", [a], { ...first, failover: { deadlineMs: 10_000 } }), spare], {
      a: answerNever,
      b: good,
      c: good,
    });
    const late = await ask(slow, "pool");
    expect(late.status).toBe(504);
    expect(slow.effects.calls).toHaveLength(1);
  });

  test("three pools that name each other in a ring end", async () => {
    const ring = ["pool", "second", "third"].map((name, index, names) =>
      poolOf(name, LANES.slice(index, index + 1), {
        onExhausted: { action: "fallback-pool", pool: names[(index + 1) % 3] ?? "" },
      }),
    );
    const core = setUp(ring, { a: json(500, "{}"), b: json(500, "{}"), c: json(500, "{}") });
    // The last pool has one lane, whose own failure is the answer.
    expect((await ask(core)).status).toBe(500);
    expect(core.effects.calls).toHaveLength(3);
  });

  test("a lifetime of answers is spent by whole successes of all pools together", async () => {
    const mortal = laneOf("a/x/one", "openai", { maxRequests: 2 });
    let count = 0;
    const core = setUp(
      [poolOf("pool", [mortal]), poolOf("second", [mortal])],
      { a: (call) => (++count <= 2 ? json(200, "{") : whole(OPENAI_WORDS))(call) },
      [mortal],
    );
    // Broken answers cost nothing of it.
    for (const model of ["pool", "second"]) expect((await ask(core, model)).status).toBe(502);
    for (const model of ["pool", "second"]) expect((await ask(core, model)).status).toBe(200);
    expect((await ask(core, "pool")).status).toBe(503);
    expect(core.effects.calls).toHaveLength(4);
  });
});

describe("a test of an open breaker is given back", () => {
  const pool = poolOf("pool", [a], TRIP_AT_ONCE);

  /** Opens the breaker, lets its cooldown pass, and runs one request whose answer is `how`. */
  async function tested(how: Answer, run: (core: Core) => Promise<unknown>, lane = a): Promise<Core> {
    let count = 0;
    const core = setUp([pool], { a: (call) => (++count === 1 ? json(500, "{}") : how)(call) }, [lane]);
    await ask(core);
    expect(because(core, pool, lane)).toBe("breaker-open");
    await core.effects.run(30_000);
    expect(core.shared.health.condition(pool, lane, core.effects.nowMs()).probing).toBe(true);
    await run(core);
    return core;
  }

  test.each<[string, Answer]>([
    ["a client's fault", refusing(OPENAI_WORDS, "rejected")],
    ["a prompt that is too long", refusing(OPENAI_WORDS, "context-length")],
    ["a body that is too large", refusing(OPENAI_WORDS, "too-large")],
    ["no descriptor left", transportError("EMFILE")],
  ])("after %s", async (_name, how) => {
    const core = await tested(how, (each) => ask(each));
    const condition = core.shared.health.condition(pool, a, core.effects.nowMs());
    expect([condition.eligible, condition.probing]).toEqual([true, true]);
  });

  test("when its client leaves before the head, and in the middle of a stream", async () => {
    for (const how of [answerNever, stream([{ do: "bytes", bytes: BEGUN }, { do: "hang" }])]) {
      const core = await tested(how, async (each) => {
        const asked = each.start({ protocol: "openai", body: question("openai", { stream: true }) });
        await each.effects.run(10);
        expect(because(each, pool, a)).toBe("half-open");
        asked.leave();
        const { body } = await each.until(asked.answer);
        if (!(body instanceof Uint8Array)) body.cancel();
        await each.effects.run(1);
      });
      expect(because(core, pool, a)).toBeNull();
    }
  });

  test("in passthrough, when the caller's own credential is refused", async () => {
    let count = 0;
    const core = createCore({
      deployment: deploymentOf({ lanes: [a], targets: [pool], auth: { mode: "passthrough", clientTokens: [] } }),
      answer: (call) => (++count === 1 ? json(500, "{}") : refusing(OPENAI_WORDS, "credential"))(call),
    });
    await ask(core);
    await core.effects.run(30_000);
    const { Secret } = await import("../../src/std/secret.ts");
    const caller = {
      label: "passthrough",
      allowedTargets: null,
      passthrough: new Secret("callers-own-key"),
      key: null,
    };
    const got = await core.ask({ protocol: "openai", body: question("openai"), caller });
    expect(got.status).toBe(401);
    expect(core.shared.health.condition(pool, a, core.effects.nowMs()).probing).toBe(true);
  });

  test("won in a fallback pool: its outcome is that pool's", async () => {
    const first = poolOf("pool", [b], { onExhausted: { action: "fallback-pool", pool: "spare" } });
    const spare = poolOf("spare", [a], TRIP_AT_ONCE);
    let count = 0;
    const core = setUp(
      [first, spare],
      { a: (call) => (++count === 1 ? json(500, "{}") : good)(call), b: json(500, "{}") },
      [a, b],
    );
    await ask(core);
    expect(because(core, spare, a)).toBe("breaker-open");
    await core.effects.run(30_000);
    expect((await ask(core)).status).toBe(200);
    expect(because(core, spare, a)).toBeNull();
    expect(core.shared.health.condition(spare, a, core.effects.nowMs()).probing).toBe(false);
  });

  test("a pool that begins meanwhile starts closed", async () => {
    const other = poolOf("other", [a], TRIP_AT_ONCE);
    let count = 0;
    const core = setUp([pool, other], { a: (call) => (++count === 1 ? json(500, "{}") : answerNever)(call) }, [a]);
    await ask(core);
    await core.effects.run(30_000);
    const testing = core.start({ protocol: "openai", body: question("openai") });
    await core.effects.run(1);
    expect([because(core, pool, a), because(core, other, a)]).toEqual(["half-open", null]);
    testing.leave();
    await core.until(testing.answer);
  });
});

describe("words and counts", () => {
  test("one blip of the only lane benches nobody, and a streak that trips is still asked", async () => {
    let count = 0;
    const core = setUp([poolOf("pool", [a])], { a: (call) => (++count % 5 === 0 ? good : json(500, "{}"))(call) }, [a]);
    const statuses: number[] = [];
    for (let each = 0; each < 10; each += 1) statuses.push((await ask(core)).status);
    expect(statuses).toEqual([500, 500, 500, 500, 200, 500, 500, 500, 500, 200]);
    expect(core.effects.calls).toHaveLength(10);
  });

  test("a numeric code is matched by the operator's map", async () => {
    const mapped = { ...a, doors: [doorOf("openai", { errorMap: { "1113": "billing" } })] as const };
    const core = createCore({
      deployment: {
        ...deploymentOf({ lanes: [mapped, b], targets: [poolOf("pool", [mapped, b])] }),
      },
      answer: byProvider({ a: json(400, '{"error":{"code":1113,"message":"arrears"}}'), b: good }),
    });
    const got = await ask(core);
    expect([got.status, core.records[0]?.attempts[0]?.outcome]).toEqual([200, "billing"]);
  });

  test("too long for every candidate: the vendor's own 400, and no lane is the worse for it", async () => {
    const core = setUp([poolOf("pool", LANES)], {
      a: refusing(OPENAI_WORDS, "context-length"),
      b: refusing(OPENAI_WORDS, "context-length"),
      c: refusing(OPENAI_WORDS, "context-length"),
    });
    const got = await ask(core);
    expect(got.status).toBe(400);
    expect(see("openai", got.text).error).toContain("maximum context length");
    expect(core.changes).toEqual([]);
  });
});
