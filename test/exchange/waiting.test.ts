// How long a request may wait and who waits: the bounds of the queue, a silent lane's share of the deadline, and limits
// of this machine that are no lane's fault.
import { describe, expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, TIMERS, targetOf } from "../harness/deployments.ts";
import { answering, byProvider, stream, transportError } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";
import { answerNever } from "../harness/virtual-effects.ts";

const ask = (core: Core, model = "pool", streamed = false) =>
  core.start({ protocol: "openai", body: question("openai", { model, stream: streamed }) });

describe("the queue", () => {
  const one = (queue: LaneOver["queue"], id = "p/a/m") =>
    laneOf(id, "openai", { slots: { group: id, max: 1 }, ...(queue === undefined ? {} : { queue }) });

  /** Holds the only slot, then asks so many more; what they came to, in order of asking. */
  async function asked(core: Core, more: number, model = "pool"): Promise<(number | null)[]> {
    const holder = ask(core, model);
    const rest = Array.from({ length: more }, () => ask(core, model));
    const statuses: (number | null)[] = rest.map(() => null);
    for (const [index, each] of rest.entries())
      void each.answer.then(({ status }) => {
        statuses[index] = status;
      });
    await core.effects.run(1);
    const now = [...statuses];
    holder.leave();
    for (const each of rest) each.leave();
    await core.until(Promise.all([holder, ...rest].map((each) => each.answer)));
    expect(core.inflight()).toBe(0);
    expect([...core.shared.queued.values()].every((count) => count === 0)).toBe(true);
    return now;
  }

  test.each([
    [{ max: 2, maxWaitMs: 30_000 }, [null, null, 503, 503]],
    [{ max: 0, maxWaitMs: 30_000 }, [503, 503, 503, 503]],
    [{ max: 9, maxWaitMs: 0 }, [503, 503, 503, 503]],
  ])("of %j: who waits and who is refused at once", async (queue, statuses) => {
    const core = createCore({ deployment: deploymentOf({ lanes: [one(queue)] }), answer: answerNever });
    expect(await asked(core, 4)).toEqual(statuses);
  });

  test("is the model's, whatever name it was asked for by", async () => {
    const lane = one({ max: 2, maxWaitMs: 30_000 });
    const targets = [poolOf("pool", [lane]), poolOf("second", [lane])];
    const core = createCore({ deployment: deploymentOf({ lanes: [lane], targets }), answer: answerNever });
    const holder = ask(core);
    const waiting = [ask(core), ask(core, "second")];
    await core.effects.run(1);
    const third = await core.until(ask(core, "m").answer);
    expect(third.status).toBe(503);
    for (const each of [holder, ...waiting]) each.leave();
    await core.until(Promise.all([holder, ...waiting].map((each) => each.answer)));
  });

  test("of one member that is short leaves the other's", async () => {
    const lanes = [one({ max: 0, maxWaitMs: 30_000 }), one({ max: 5, maxWaitMs: 30_000 }, "q/a/n")];
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: answerNever,
    });
    const holders = [ask(core), ask(core)];
    const waiting = ask(core);
    await core.effects.run(1);
    expect([core.shared.queued.get("m") ?? 0, core.shared.queued.get("n")]).toEqual([0, 1]);
    for (const each of [...holders, waiting]) each.leave();
    await core.until(Promise.all([...holders, waiting].map((each) => each.answer)));
  });

  test("ends after its own time, or the deadline where that is sooner", async () => {
    for (const [maxWaitMs, deadlineMs, waited] of [
      [5_000, 60_000, 5_000],
      [90_000, 20_000, 20_000],
    ] as const) {
      const lane = one({ max: 5, maxWaitMs });
      const targets = [poolOf("pool", [lane], { failover: { deadlineMs } })];
      const core = createCore({ deployment: deploymentOf({ lanes: [lane], targets }), answer: answerNever });
      const holder = ask(core);
      await core.effects.run(1);
      const got = await core.until(ask(core).answer);
      expect(got.status).toBe(waited === deadlineMs ? 504 : 503);
      expect(core.records[0]?.queuedMs).toBe(waited);
      holder.leave();
      await core.until(holder.answer);
    }
  });
});

describe("a silent lane", () => {
  const lanes = ["first", "second", "third"].map((name, index) => laneOf(`${name}/a/m${index}`, "openai"));
  const silent = stream([{ do: "hang" }]);

  /** When each lane was asked, from the start. */
  const moments = (core: Core): number[] => core.effects.calls.map(({ atMs }) => atMs);

  test.each([true, false])("with the defaults another one serves in time (stream %p)", async (streamed) => {
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: byProvider({ first: streamed ? silent : answerNever, second: answering(OPENAI_WORDS) }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: streamed }) });
    expect(got.status).toBe(200);
    expect(moments(core)).toEqual([0, 80_000]);
    expect(core.records[0]?.attempts[0]).toMatchObject({ outcome: "timeout", ambiguous: true });
  });

  test("each gets two thirds of what is left, and the last one all of its own time", async () => {
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: byProvider({ first: answerNever, second: answerNever, third: answerNever }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") }, 1_000_000);
    expect(got.status).toBe(504);
    expect(moments(core)).toEqual([0, 80_000, 80_000 + 26_666]);
    expect(core.records[0]?.durationMs).toBe(80_000 + 26_666 + 120_000);
  });

  test("is never given up within ten seconds for the sake of another", async () => {
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover: { deadlineMs: 12_000 } })] }),
      answer: byProvider({ first: answerNever, second: answering(OPENAI_WORDS) }),
    });
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(moments(core)).toEqual([0, 10_000]);
  });

  test("alone, or the last that the cap allows, has all of its own time", async () => {
    for (const [some, cap] of [
      [lanes.slice(0, 1), 3],
      [lanes, 0],
    ] as const) {
      const core = createCore({
        deployment: deploymentOf({ lanes: some, targets: [poolOf("pool", some, { failover: { cap } })] }),
        answer: answerNever,
      });
      await core.ask({ protocol: "openai", body: question("openai") });
      expect(core.records[0]?.attempts.map(({ durationMs }) => durationMs)).toEqual([120_000]);
    }
  });

  test("a shorter limit of the operator's own holds", async () => {
    const timers = { buffered: { ...TIMERS.buffered, firstByteMs: 3_000 }, streamed: TIMERS.streamed };
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { timers })] }),
      answer: byProvider({ first: answerNever, second: answering(OPENAI_WORDS) }),
    });
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(moments(core)).toEqual([0, 3_000]);
  });
});

test.each(["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL"])(
  "%s is this machine's trouble: no lane is blamed, no other is tried, and the client may come again",
  async (code) => {
    const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
    const pool = targetOf("pool", poolOf("pool", lanes).members);
    const core = createCore({ deployment: deploymentOf({ lanes, targets: [pool] }), answer: transportError(code) });
    for (let count = 0; count < 5; count += 1) {
      const got = await core.ask({ protocol: "openai", body: question("openai") });
      expect([got.status, got.headers["retry-after"]]).toEqual([503, "1"]);
    }
    expect(core.effects.calls).toHaveLength(5);
    expect(core.changes).toEqual([]);
    for (const lane of lanes) expect(core.shared.health.condition(pool, lane, 0).because).toBeNull();
  },
);
