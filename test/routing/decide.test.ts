/** The decision: every filter with its reason, orders, the last lane, promises, selection over one exchange and many. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NO_NEEDS } from "../../src/ir/capability.ts";
import type { Lane, Target } from "../../src/ir/deployment.ts";
import type { Condition } from "../../src/routing/condition.ts";
import type { DecideInput } from "../../src/routing/considered-lane.ts";
import { decide } from "../../src/routing/decide.ts";
import { stickyBy } from "../harness/deployments.ts";
import { decideInput, ELIGIBLE, facts, lane, member, outFor, poolOf, target } from "./build.ts";

const a = lane("p/x/a");
const b = lane("p/x/b");
const c = lane("q/y/c");
const all = [a, b, c];
const ids = (lanes: readonly Lane[]) => lanes.map((each) => each.id);
const left = (input: DecideInput) => Object.fromEntries(decide(input).left.map((each) => [each.lane, each.because]));

describe("why a lane is left out", () => {
  const needsImage = facts({ needs: { ...NO_NEEDS, input: ["image"] } });
  const blind = lane("p/x/a", { capabilities: { input: ["text"], contextWindow: 100 } });
  const pool = poolOf("pool", all);
  const rows: readonly (readonly [string, Target, readonly Lane[], Partial<DecideInput>])[] = [
    ["disabled", target("pool", [member("a", [a], { weight: 0 }), member("b", [b])]), all, {}],
    ["not-routed", pool, [lane("p/x/a", { routing: false }), b, c], {}],
    ["excluded", poolOf("pool", all, { failover: { exclusions: ["a"] } }), all, {}],
    ["other-protocol", pool, all, { usable: (each) => (each.id === a.id ? "other-protocol" : null) }],
    ["no-operation", pool, all, { usable: (each) => (each.id === a.id ? "no-operation" : null) }],
    ["lacks-capability", pool, [blind, b, c], { facts: needsImage }],
    ["breaks-keep", poolOf("pool", all, { failover: { keep: ["provider"] } }), all, { first: c }],
    ["tried", pool, all, { tried: new Set([a.id]) }],
    ["too-small", pool, [blind, b, c], { needsRoomBeyond: 100 }],
    ["used-up", pool, all, { condition: outFor({ [a.id]: "used-up" }) }],
    ["hard-out", pool, all, { condition: outFor({ [a.id]: "hard-out" }) }],
    ["waiting", pool, all, { condition: outFor({ [a.id]: "waiting" }) }],
    ["breaker-open", pool, all, { condition: outFor({ [a.id]: "breaker-open" }) }],
    ["half-open", pool, all, { condition: outFor({ [a.id]: "half-open" }) }],
    ["full", pool, all, { condition: outFor({ [a.id]: "full" }) }],
  ];
  test.each(rows)("%s", (because, pool, lanes, over) => {
    const input = decideInput(pool, lanes, over);
    expect(left(input)[a.id]).toBe(because as "tried");
    expect(ids(decide(input).offered)).not.toContain(a.id);
    expect(decide(input).pick).not.toBeNull();
  });

  test("lasting reasons come before passing ones", () => {
    const input = decideInput(pool, [blind, b, c], {
      facts: needsImage,
      tried: new Set([a.id]),
      condition: outFor({ [a.id]: "full" }),
    });
    expect(left(input)[a.id]).toBe("lacks-capability");
  });

  test("an unknown capability and an unknown window pass", () => {
    expect(left(decideInput(pool, all, { facts: needsImage, needsRoomBeyond: 1_000_000 }))).toEqual({});
  });

  test("a member's own window overrides what is known of the model", () => {
    const sized = lane("p/x/a", { capabilities: { contextWindow: 100 } });
    const pool = target("pool", [member("a", [sized], { contextMax: 500 }), member("b", [b], { contextMax: 100 })]);
    expect(left(decideInput(pool, [sized, b], { needsRoomBeyond: 100 }))).toEqual({ [b.id]: "too-small" });
  });

  test("an empty pool offers nobody", () => {
    expect(decide(decideInput(target("pool", []), all))).toMatchObject({
      pick: null,
      ignoreBreaker: false,
      offered: [],
      left: [],
      runnerUp: null,
    });
  });
});

describe("a prompt that surely does not fit", () => {
  const small = lane("p/x/small", { capabilities: { contextWindow: 8_000 } });
  const large = lane("p/x/large", { capabilities: { contextWindow: 200_000 } });
  const unknown = lane("p/x/unknown");
  const prompt = (inputTokensEstimate: number) => ({ facts: facts({ inputTokensEstimate }) });

  test.each([
    ["goes where it fits", 20_000, [small, large], ["large"], ["small"]],
    ["goes where nobody knows", 20_000, [small, unknown], ["unknown"], ["small"]],
    ["that only seems not to fit goes anywhere", 13_000, [small, large], ["small", "large"], []],
    ["for anybody is the vendor's to refuse", 20_000, [small], ["small"], []],
    [
      "for the only one in health is the vendor's to refuse",
      20_000,
      [small, lane("p/x/large", { routing: false })],
      ["small"],
      ["large"],
    ],
  ] as const)("%s", (_name, estimate, lanes, offered, left) => {
    const pool = poolOf("pool", lanes);
    const decision = decide(decideInput(pool, lanes, prompt(estimate)));
    expect(decision.offered.map(({ model }) => model)).toEqual([...offered]);
    expect(decision.left.map(({ lane: id }) => id.slice("p/x/".length))).toEqual([...left]);
  });

  test("a member's own window counts", () => {
    const pool = target("pool", [member("small", [small], { contextMax: 100_000 }), member("large", [large])]);
    const decision = decide(decideInput(pool, [small, large], prompt(20_000)));
    expect(decision.left).toEqual([]);
  });
});

describe("rank inside a member and in ranked pools", () => {
  const one = (over: Partial<Lane> = {}) => lane("p/1/m", over);
  const two = (over: Partial<Lane> = {}) => lane("p/2/m", over);
  const labels = (first: Condition["label"], second: Condition["label"]) => (each: Lane) => ({
    ...ELIGIBLE,
    label: each.account === "1" ? first : second,
  });
  const used = (first: number | null, second: number | null) => (id: string) => (id === "p/1/m" ? first : second);
  const rows: readonly (readonly [string, readonly Lane[], Partial<DecideInput>, readonly string[]])[] = [
    ["stable id decides when all is equal", [two(), one()], {}, ["1", "2"]],
    [
      "a healthy pin beats everything",
      [one({ sortKey: -5 }), two({ pinned: true, sortKey: 9 })],
      { condition: labels("healthy", "healthy"), lastUsedMs: used(null, 50) },
      ["2", "1"],
    ],
    [
      "a pin that nothing is known of beats everything",
      [one({ sortKey: -5 }), two({ pinned: true, sortKey: 9 })],
      { condition: labels("healthy", "unknown"), lastUsedMs: used(null, 50) },
      ["2", "1"],
    ],
    [
      "a pin under pressure is like any other",
      [one({ sortKey: -5 }), two({ pinned: true, sortKey: 9 })],
      { condition: labels("healthy", "pressure"), lastUsedMs: used(null, 50) },
      ["1", "2"],
    ],
    ["healthy beats pressure", [one(), two()], { condition: labels("pressure", "healthy") }, ["2", "1"]],
    ["unknown beats pressure", [one(), two()], { condition: labels("pressure", "unknown") }, ["2", "1"]],
    [
      "unknown is not behind healthy",
      [one({ sortKey: 1 }), two({ sortKey: 2 })],
      { condition: labels("unknown", "healthy") },
      ["1", "2"],
    ],
    [
      "health beats sort key",
      [one({ sortKey: 1 }), two({ sortKey: 2 })],
      { condition: labels("pressure", "healthy") },
      ["2", "1"],
    ],
    [
      "sort key beats least recently used",
      [one({ sortKey: 2 }), two({ sortKey: 1 })],
      { lastUsedMs: used(null, 50) },
      ["2", "1"],
    ],
    ["least recently used first", [one(), two()], { lastUsedMs: used(50, 40) }, ["2", "1"]],
    ["never used counts as the oldest", [one(), two()], { lastUsedMs: used(1, null) }, ["2", "1"]],
  ];
  for (const select of ["weighted", "ranked"] as const) {
    test.each(rows)(`${select}: %s`, (_name, lanes, over, expected) => {
      const pool = target("m", [member("m", lanes)], { kind: "model", select });
      const { offered, runnerUp } = decide(decideInput(pool, lanes, over));
      expect(offered.map((each) => each.account)).toEqual([...expected]);
      expect(runnerUp?.account).toBe(expected[1] as string);
    });
  }

  test("three never used go round by age of use", () => {
    const lanes = ["1", "2", "3"].map((account) => lane(`p/${account}/m`));
    const pool = target("m", [member("m", lanes)], { kind: "model" });
    const usedMs = new Map<string, number>();
    const order: (string | undefined)[] = [];
    for (let step = 1; step <= 4; step++) {
      const { pick } = decide(decideInput(pool, lanes, { lastUsedMs: (id) => usedMs.get(id) ?? null }));
      order.push(pick?.account);
      usedMs.set(pick?.id ?? "", step);
    }
    expect(order).toEqual(["1", "2", "3", "1"]);
  });
});

describe("the last lane", () => {
  test.each([
    ["alone and open", [a], { [a.id]: "breaker-open" }, [], a.id],
    ["alone and under test", [a], { [a.id]: "half-open" }, [], a.id],
    ["alone and waiting: its failure is the answer", [a], { [a.id]: "waiting" }, [], null],
    ["alone and hard out", [a], { [a.id]: "hard-out" }, [], null],
    ["alone and full", [a], { [a.id]: "full" }, [], null],
    ["two open: the exhaustion policy decides", [a, b], { [a.id]: "breaker-open", [b.id]: "half-open" }, [], null],
    ["the other was tried already", [a, b], { [b.id]: "breaker-open" }, [a.id], null],
    ["the other is only full", [a, b], { [a.id]: "full", [b.id]: "breaker-open" }, [], null],
    ["the other is hard out", [a, b], { [a.id]: "hard-out", [b.id]: "breaker-open" }, [], b.id],
    ["the other waits", [a, b], { [a.id]: "waiting", [b.id]: "half-open" }, [], b.id],
    ["the others are used up", [a, b], { [a.id]: "used-up", [b.id]: "breaker-open" }, [], b.id],
    ["another is eligible", [a, b], { [b.id]: "breaker-open" }, [], a.id],
  ] as const)("%s", (_name, lanes, out, tried, expected) => {
    const decision = decide(
      decideInput(poolOf("pool", lanes), lanes, { condition: outFor(out), tried: new Set(tried) }),
    );
    expect(decision.pick?.id ?? null).toBe(expected);
    const isOut = Object.hasOwn(out, expected ?? "");
    expect(decision.ignoreBreaker).toBe(expected !== null && isOut);
    expect(decision.left.map((each) => each.lane)).not.toContain(expected);
    expect(decision.left.length + decision.offered.length).toBe(lanes.length);
  });

  test("under an open breaker and without a slot, it only needs a slot", () => {
    const condition = () => ({
      ...ELIGIBLE,
      eligible: false,
      because: "breaker-open" as const,
      untilMs: 5_000,
      full: true,
    });
    const decision = decide(decideInput(poolOf("pool", [a]), [a], { condition }));
    expect(decision).toMatchObject({
      pick: null,
      ignoreBreaker: false,
      left: [{ lane: a.id, because: "full", untilMs: null }],
    });
  });

  test("the only one able to serve this request, in a pool of several", () => {
    const seeing = lane("p/x/a", { capabilities: { input: ["text", "image"] } });
    const blind = lane("p/x/b", { capabilities: { input: ["text"] } });
    const input = decideInput(poolOf("pool", [seeing, blind]), [seeing, blind], {
      facts: facts({ needs: { ...NO_NEEDS, input: ["image"] } }),
      condition: outFor({ [seeing.id]: "breaker-open" }),
    });
    expect(decide(input)).toMatchObject({
      pick: seeing,
      ignoreBreaker: true,
      left: [{ lane: blind.id, because: "lacks-capability" }],
    });
  });
});

describe("what a failover must keep", () => {
  const own = lane("p/1/m", { canonical: { id: "big", proven: true } });
  const second = lane("p/2/m", { canonical: { id: "big", proven: true } });
  const same = lane("q/1/big", { canonical: { id: "big", proven: true }, capabilities: { tools: true } });
  const unsure = lane("r/1/big", { canonical: { id: "big", proven: false } });
  const lanes = [same, unsure, second, own];
  const model = target("m", [member("m", [own, second])], { kind: "model", substitutes: [same.id, unsure.id] });

  test("a named model: its own lanes first, then the proven substitutes; an unproven one is left out", () => {
    const decision = decide(decideInput(model, lanes));
    expect(ids(decision.offered)).toEqual([own.id, second.id, same.id]);
    expect(decision.left).toEqual([{ lane: unsure.id, because: "breaks-keep", untilMs: null }]);
  });

  test("a lane of the same model is as able as the first one: only a known no leaves it out", () => {
    const needs = { ...NO_NEEDS, tools: true, structuredOutput: true };
    expect(left(decideInput(model, lanes, { facts: facts({ needs }) }))).toEqual({ [unsure.id]: "breaks-keep" });
    const unable = { ...same, capabilities: { ...same.capabilities, structuredOutput: false } };
    expect(left(decideInput(model, [unable, unsure, second, own], { facts: facts({ needs }) }))).toEqual({
      [same.id]: "lacks-capability",
      [unsure.id]: "breaks-keep",
    });
  });

  test("a pool compares with the lane chosen first, and before that with nothing", () => {
    const pool = poolOf("pool", [own, second, same, b], { failover: { keep: ["model"] } });
    expect(left(decideInput(pool, [own, second, same, b]))).toEqual({});
    const then = decideInput(pool, [own, second, same, b], { first: own, tried: new Set([own.id]) });
    expect(left(then)).toEqual({ [own.id]: "tried", [b.id]: "breaks-keep" });
  });
});

describe("selection", () => {
  const weighted = target("pool", [member("a", [a], { weight: 5 }), member("b", [b]), member("c", [c])]);
  function run(count: number, at: (step: number) => Partial<DecideInput> = () => ({})): string {
    let selection: DecideInput["selection"] = new Map();
    let names = "";
    for (let step = 0; step < count; step++) {
      const decision = decide(decideInput(weighted, all, { selection, ...at(step) }));
      names += decision.pick?.model ?? "-";
      selection = decision.selection;
    }
    return names;
  }

  test("5/1/1 over first picks", () => {
    expect(run(14)).toBe("aabacaaaabacaa");
  });

  test("only an exchange's first pick advances it", () => {
    const selection = new Map([["a", 1]]);
    const later = decide(decideInput(weighted, all, { selection, first: b, tried: new Set([b.id]) }));
    expect(later.selection).toBe(selection);
    expect(later.pick).toBe(a);
  });

  test("in a fallback pool its own first pick advances it", () => {
    const elsewhere = lane("z/z/z");
    const input = decideInput(weighted, all, { first: elsewhere, tried: new Set([elsewhere.id]) });
    expect(decide(input)).toEqual(decide(decideInput(weighted, all)));
  });

  test("while a member is out the others share, and it comes back with neither savings nor debts", () => {
    const out = { condition: outFor({ [a.id]: "breaker-open" }) };
    expect(run(13, (step) => (step >= 1 && step < 6 ? out : {}))).toBe("abcbcbacaabaa");
    const during = decide(decideInput(weighted, all, { ...out, selection: new Map([["a", 40]]) }));
    expect(during.selection.has("a")).toBe(false);
  });

  test("a request a member cannot serve leaves its credit alone", () => {
    const blind = lane("p/x/a", { capabilities: { tools: false } });
    const input = decideInput(weighted, [blind, b, c], {
      facts: facts({ needs: { ...NO_NEEDS, tools: true } }),
      selection: new Map([["a", 4]]),
    });
    expect(decide(input).selection.get("a")).toBe(4);
  });

  test("an affinity key moves no credit, and says nothing where affinity is off", () => {
    const sticky = { ...weighted, affinity: stickyBy() };
    const selection = new Map([["b", 2]]);
    expect(decide(decideInput(sticky, all, { selection, affinityKey: "s" })).selection).toEqual(selection);
    const off = decideInput(weighted, all, { affinityKey: "s" });
    expect(decide(off)).toEqual(decide({ ...off, affinityKey: null }));
  });
});

describe("the lane that has the session", () => {
  const [one, two, three] = [lane("p/1/a"), lane("p/2/a", { pinned: true }), lane("q/1/b", { pinned: true })];
  const lanes = [three, two, one];
  const pool = poolOf("pool", lanes, { select: "ordered", affinity: stickyBy() });
  const offered = (stuckTo: string, condition: Partial<Condition> = {}, over: Partial<DecideInput> = {}) =>
    ids(
      decide(
        decideInput(pool, lanes, {
          affinityKey: "s",
          stuckTo,
          condition: (each) => (each.id === stuckTo ? { ...ELIGIBLE, ...condition } : ELIGIBLE),
          ...over,
        }),
      ).offered,
    );

  test("comes first, whatever the policy says, then its model", () => {
    expect(offered(one.id)).toEqual([one.id, two.id, three.id]);
  });

  test.each([
    ["out", { eligible: false, because: "waiting" as const }],
    ["full", { eligible: false, because: "full" as const, full: true }],
  ])("%s: its model first, and then the policy's order", (_how, condition) => {
    expect(offered(one.id, condition)).toEqual([two.id, three.id]);
    expect(offered(three.id, condition)).toEqual([two.id, one.id]);
  });

  test("a lane that was tried comes before it: its model is not changed for a session's lane that is out", () => {
    const tried = new Set([three.id]);
    const lanes = [three, two, one, lane("q/2/b")];
    const input = decideInput({ ...poolOf("pool", lanes, { select: "ordered" }), affinity: stickyBy() }, lanes, {
      affinityKey: "s",
      stuckTo: one.id,
      tried,
      first: three,
      condition: (each) => (each === one ? { ...ELIGIBLE, probing: true } : ELIGIBLE),
    });
    expect(ids(decide(input).offered)).toEqual(["q/2/b", two.id, one.id]);
  });

  test("not while it has yet to show that it is back", () => {
    expect(offered(one.id, { probing: true })).toEqual([two.id, one.id, three.id]);
  });

  test("nor where it is no lane of the target, nor where sessions do not stick", () => {
    expect(offered("x/y/gone")).toEqual([three.id, two.id, one.id]);
    expect(offered(one.id, {}, { target: { ...pool, affinity: null } })).toEqual([three.id, two.id, one.id]);
  });

  test("moves no credit", () => {
    const shares = { ...pool, select: "weighted" as const };
    const selection = new Map([["a", 3]]);
    expect(decide(decideInput(shares, lanes, { affinityKey: "s", stuckTo: one.id, selection })).selection).toEqual(
      selection,
    );
  });
});

describe("properties", () => {
  const anyLane = fc.record({
    account: fc.constantFrom("1", "2", "3"),
    model: fc.constantFrom("a", "b", "c", "d"),
    pinned: fc.boolean(),
    sortKey: fc.nat({ max: 3 }),
    because: fc.constantFrom(
      null,
      null,
      null,
      "breaker-open",
      "half-open",
      "waiting",
      "hard-out",
      "full",
      "used-up",
    ) as fc.Arbitrary<Condition["because"]>,
    label: fc.constantFrom("healthy", "unknown", "pressure") as fc.Arbitrary<Condition["label"]>,
    usedMs: fc.option(fc.nat({ max: 5 })),
  });
  const scene = fc.record({
    drafts: fc.uniqueArray(anyLane, {
      minLength: 1,
      maxLength: 10,
      selector: (each) => `${each.account}/${each.model}`,
    }),
    select: fc.constantFrom("weighted" as const, "ranked" as const),
    key: fc.option(fc.string({ maxLength: 5 })),
    credits: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 4, maxLength: 4 }),
    dropped: fc.nat({ max: 9 }),
  });
  type Scene = Parameters<Parameters<typeof scene.map>[0]>[0];

  function inputOf(
    { drafts, select, key, credits }: Scene,
    prefer: Target["failover"]["prefer"] = "same-model",
  ): DecideInput {
    const lanes = drafts.map(({ account, model, pinned, sortKey }) =>
      lane(`p/${account}/${model}`, { pinned, sortKey }),
    );
    const draftOf = (id: string) => drafts.find((each) => `p/${each.account}/${each.model}` === id);
    const pool = poolOf("pool", lanes, { select, affinity: stickyBy(), failover: { prefer } });
    return decideInput(pool, lanes, {
      affinityKey: key,
      selection: new Map(credits.map((credit, index) => ["abcd"[index] ?? "", credit])),
      lastUsedMs: (id) => draftOf(id)?.usedMs ?? null,
      condition: (each) => {
        const draft = draftOf(each.id);
        const because = draft?.because ?? null;
        return { ...ELIGIBLE, eligible: because === null, because, label: draft?.label ?? "unknown" };
      },
    });
  }

  test("the same inputs give the same decision, and change nothing", () => {
    fc.assert(
      fc.property(scene, (each) => {
        const input = inputOf(each);
        const before = JSON.stringify([...input.selection]);
        expect(decide(input)).toEqual(decide(inputOf(each)));
        expect(JSON.stringify([...input.selection])).toBe(before);
      }),
      { numRuns: 200 },
    );
  });

  test("policies never filter: every lane is offered or left out with a reason, none twice", () => {
    fc.assert(
      fc.property(scene, (each) => {
        const input = inputOf(each);
        const { offered, left, pick, runnerUp } = decide(input);
        expect([...ids(offered), ...left.map((one) => one.lane)].toSorted()).toEqual(
          Object.keys(input.lanes).toSorted(),
        );
        expect([pick, runnerUp]).toEqual([offered[0] ?? null, offered[1] ?? null]);
      }),
      { numRuns: 200 },
    );
  });

  test("filters never reorder: without one lane the others stand as before", () => {
    fc.assert(
      fc.property(scene, (each) => {
        const input = inputOf(each, "any");
        const whole = decide(input).offered;
        const dropped = whole[each.dropped % Math.max(1, whole.length)];
        const fewer = decide({ ...input, usable: (one) => (one.id === dropped?.id ? "no-operation" : null) });
        const rest = fewer.ignoreBreaker ? [] : ids(fewer.offered);
        expect(rest).toEqual(ids(whole.filter((one) => one !== dropped)));
      }),
      { numRuns: 200 },
    );
  });

  test("same model first puts lanes of one model beside each other, and changes nothing else", () => {
    fc.assert(
      fc.property(scene, (each) => {
        const plain = decide(inputOf(each, "any")).offered;
        const beside = [...Map.groupBy(plain, ({ model }) => model).values()].flat();
        expect(ids(decide(inputOf(each)).offered)).toEqual(ids(beside));
      }),
      { numRuns: 200 },
    );
  });
});
