// Which lanes one request is sent to, one after the other, when each of them fails: a row a pool. Letters are models, digits
// accounts; X and Y are one model at two vendors.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Lane, PolicyId, Target } from "../../src/ir/deployment.ts";
import { decide } from "../../src/routing/decide.ts";
import { mayTryAnother } from "../../src/routing/failover.ts";
import type { Selection } from "../../src/routing/swrr.ts";
import { PRICES } from "../harness/deployments.ts";
import { decideInput, ELIGIBLE, lane, poolOf, target } from "./build.ts";

const PROVEN = { id: "maker/one", proven: true };
const laneNamed = (name: string): Lane => {
  const [model = "", account = ""] = name;
  const isShared = model === "X" || model === "Y";
  return lane(`${model.toLowerCase()}/${account}/${model}`, {
    ...(isShared ? { canonical: PROVEN } : {}),
    // Earlier letters are dearer.
    prices: { ...PRICES, input: 1_000 - model.charCodeAt(0), output: 0 },
  });
};
const nameOf = ({ model, account }: Lane): string => `${model}${account}`;

interface Row {
  readonly name: string;
  /** In the order written. */
  readonly lanes: string;
  readonly select: PolicyId;
  readonly prefer?: Target["failover"]["prefer"];
  readonly cap?: number;
  /** That cannot serve from the start. */
  readonly out?: string;
  /** Of the first request. */
  readonly asked: string;
}

const ROWS: readonly Row[] = [
  { name: "ordered: each member whole", lanes: "A1 A2 B1 B2", select: "ordered", asked: "A1 A2 B1 B2" },
  { name: "ordered: the last hop too", lanes: "A1 A2 A3 A4 B1", select: "ordered", asked: "A1 A2 A3 A4" },
  { name: "ordered: a cap of one", lanes: "A1 A2 B1", select: "ordered", cap: 1, asked: "A1 A2" },
  { name: "ordered: the first is out", lanes: "A1 B1 B2 C1", select: "ordered", out: "A1", asked: "B1 B2 C1" },
  { name: "ordered: the same model at another vendor", lanes: "X1 B1 Y1", select: "ordered", asked: "X1 Y1 B1" },
  { name: "ordered, any: as written", lanes: "X1 B1 Y1", select: "ordered", prefer: "any", asked: "X1 B1 Y1" },
  { name: "weighted: accounts of the member", lanes: "A1 B1 A2 B2", select: "weighted", asked: "A1 A2 B1 B2" },
  { name: "weighted: the same model at another vendor", lanes: "X1 B1 Y1", select: "weighted", asked: "X1 Y1 B1" },
  { name: "weighted, any", lanes: "X1 B1 Y1", select: "weighted", prefer: "any", asked: "X1 B1 Y1" },
  { name: "ranked: not by rank alone", lanes: "A1 B1 A2 B2", select: "ranked", asked: "A1 A2 B1 B2" },
  { name: "ranked: the same model at another vendor", lanes: "X1 B1 X2 Y1", select: "ranked", asked: "B1 X1 X2 Y1" },
  {
    name: "weighted: own accounts before the other vendor's",
    lanes: "X1 X2 Y1 B1",
    select: "weighted",
    asked: "X1 X2 Y1 B1",
  },
  { name: "ranked, any: by rank alone", lanes: "C1 D1 C2 D2", select: "ranked", prefer: "any", asked: "C1 C2 D1 D2" },
  { name: "least_busy", lanes: "A1 B1 A2 B2", select: "least_busy", asked: "A1 A2 B1 B2" },
  { name: "cheapest", lanes: "A1 B1 A2 B2", select: "cheapest", asked: "B1 B2 A1 A2" },
  { name: "cheapest: the same model at a dearer vendor", lanes: "X1 W1 Y1", select: "cheapest", asked: "Y1 X1 W1" },
  { name: "cheapest, any", lanes: "X1 W1 Y1", select: "cheapest", prefer: "any", asked: "Y1 X1 W1" },
  { name: "fastest", lanes: "A1 B1 A2 B2", select: "fastest", asked: "A1 A2 B1 B2" },
];

/** What one request is sent to when each lane fails, until nothing is left or the cap is reached. */
function sequence(pool: Target, lanes: readonly Lane[], out: ReadonlySet<string>, given?: Selection): readonly Lane[] {
  const asked: Lane[] = [];
  let selection: Selection = given ?? new Map();
  for (;;) {
    if (!mayTryAnother({ lanesTried: asked.length, cap: pool.failover.cap })) return asked;
    const because = (each: Lane) => (out.has(nameOf(each)) ? ("waiting" as const) : null);
    const choice = decide(
      decideInput(pool, lanes, {
        condition: (each) => ({ ...ELIGIBLE, eligible: because(each) === null, because: because(each) }),
        tried: new Set(asked.map(({ id }) => id)),
        first: asked[0] ?? null,
        selection,
      }),
    );
    ({ selection } = choice);
    if (choice.pick === null) return asked;
    asked.push(choice.pick);
  }
}

test.each(ROWS)("$name", ({ lanes: names, select, prefer = "same-model", cap = 3, out = "", asked }) => {
  const lanes = names.split(" ").map(laneNamed);
  const pool = poolOf("pool", lanes, { select, failover: { prefer, cap } });
  expect(
    sequence(pool, lanes, new Set(out.split(" ")))
      .map(nameOf)
      .join(" "),
  ).toBe(asked);
});

test("what is proven to be the same model, and no member, comes before other members", () => {
  const lanes = ["X1", "B1", "Y1"].map(laneNamed);
  const [x, b, y] = lanes;
  if (x === undefined || b === undefined || y === undefined) throw new Error("a lane is missing");
  const members = [x, b].map((each) => ({ model: each.model, weight: 1, lanes: [each.id], contextMax: null }));
  for (const [prefer, asked] of [
    ["same-model", "X1 Y1 B1"],
    ["any", "X1 B1 Y1"],
  ] as const) {
    const pool = target("pool", members, { select: "ordered", substitutes: [y.id], failover: { prefer } });
    expect(sequence(pool, lanes, new Set()).map(nameOf).join(" ")).toBe(asked);
  }
});

describe("over many pools", () => {
  const scene = fc.record({
    names: fc.uniqueArray(fc.constantFrom("A1", "A2", "A3", "B1", "B2", "C1", "X1", "X2", "Y1"), { minLength: 2 }),
    select: fc.constantFrom<PolicyId>("weighted", "ranked", "ordered", "least_busy", "cheapest", "fastest"),
    cap: fc.nat({ max: 9 }),
    out: fc.subarray(["A1", "B1", "X1"]),
    credits: fc.dictionary(fc.constantFrom("A", "B", "C", "X", "Y"), fc.integer({ min: -4, max: 4 })),
  });

  test("another model is asked only when no lane of a model that was asked is left", () => {
    fc.assert(
      fc.property(scene, ({ names, select, cap, out, credits }) => {
        const lanes = names.map(laneNamed);
        const pool = poolOf("pool", lanes, { select, failover: { cap } });
        const asked = sequence(pool, lanes, new Set(out), new Map(Object.entries(credits)));
        const identity = ({ model }: Lane) => (model === "Y" ? "X" : model);
        const runs = asked.map(identity).filter((model, at, all) => model !== all[at - 1]);
        expect(runs).toEqual([...new Set(runs)]);
      }),
      { numRuns: 300 },
    );
  });

  test("what stands ready is what is asked next", () => {
    fc.assert(
      fc.property(scene, ({ names, select, out, credits }) => {
        const lanes = names.map(laneNamed);
        const pool = poolOf("pool", lanes, { select, failover: { cap: 9 } });
        const selection = new Map(Object.entries(credits));
        const because = (each: Lane) => (out.includes(nameOf(each)) ? ("waiting" as const) : null);
        const { offered } = decide(
          decideInput(pool, lanes, {
            condition: (each) => ({ ...ELIGIBLE, eligible: because(each) === null, because: because(each) }),
            selection,
          }),
        );
        const asked = sequence(pool, lanes, new Set(out), selection);
        expect(asked.slice(0, 2).map(nameOf)).toEqual(offered.slice(0, 2).map(nameOf));
      }),
      { numRuns: 300 },
    );
  });
});
