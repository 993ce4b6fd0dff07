// What `decide` leaves undone or remembers changes nothing: over many looks at one target, as exchanges come and go, it comes
// to what the plain way comes to.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Lane } from "../../src/ir/deployment.ts";
import type { Condition } from "../../src/routing/condition.ts";
import type { DecideInput } from "../../src/routing/considered-lane.ts";
import { decide, type LaneChoice } from "../../src/routing/decide.ts";
import type { Selection } from "../../src/routing/swrr.ts";
import { stickyBy } from "../harness/deployments.ts";
import { byId, decideInput, ELIGIBLE, facts, lane, member, target } from "./build.ts";
import { plainDecide } from "./plain-decide.ts";

const CONDITIONS: readonly Condition[] = [
  ELIGIBLE,
  ELIGIBLE,
  { ...ELIGIBLE, label: "unknown" },
  { ...ELIGIBLE, label: "pressure" },
  { ...ELIGIBLE, label: "unknown", probing: true },
  { ...ELIGIBLE, eligible: false, because: "breaker-open", untilMs: 5, label: "cooling-down" },
  { ...ELIGIBLE, eligible: false, because: "full", full: true },
  { ...ELIGIBLE, eligible: false, because: "waiting", untilMs: 9, label: "rate-limited" },
];

const laneArbitrary = fc.record({
  account: fc.integer({ min: 0, max: 30 }),
  model: fc.constantFrom("m", "m", "m", "m", "m", "m", "m", "n"),
  contextWindow: fc.constantFrom(null, null, 10, 1_000),
  pinned: fc.nat({ max: 50 }).map((one) => one === 0),
  sortKey: fc.nat({ max: 50 }).map((one) => (one === 0 ? 1 : 0)),
  routing: fc.constantFrom(true, true, true, true, false),
});

const looks = fc.array(
  fc.record({
    conditions: fc.array(fc.nat({ max: CONDITIONS.length - 1 }), { minLength: 40, maxLength: 40 }),
    used: fc.array(fc.option(fc.nat({ max: 3 }), { nil: null }), { minLength: 40, maxLength: 40 }),
    tried: fc.array(fc.nat({ max: 39 }), { maxLength: 2 }),
    unusable: fc.option(fc.nat({ max: 39 }), { nil: null }),
    stuck: fc.option(fc.nat({ max: 39 }), { nil: null }),
    affinityKey: fc.constantFrom(null, null, "s"),
    inputTokensEstimate: fc.constantFrom(5, 100),
    isFresh: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

const targets = fc.record({
  lanes: fc.uniqueArray(laneArbitrary, {
    minLength: 1,
    maxLength: 40,
    selector: ({ account, model }) => `${account} ${model}`,
  }),
  select: fc.constantFrom("weighted", "weighted", "ranked", "ordered", "least_busy", "cheapest", "fastest"),
  prefer: fc.constantFrom("same-model", "any"),
  weights: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  substitutes: fc.nat({ max: 2 }),
  hasAffinity: fc.boolean(),
  /** Accounts of one model that health and use alone tell apart. */
  isAlike: fc.boolean(),
});

type Given = typeof targets extends fc.Arbitrary<infer T> ? T : never;

function built({ isAlike, lanes: given, select, prefer, weights, substitutes, hasAffinity }: Given) {
  const lanes = given.map(({ account, model, contextWindow, ...over }) =>
    isAlike
      ? lane(`p/${account}-${model}/m`)
      : lane(`p/${account}/${model}`, { ...over, capabilities: { contextWindow } }),
  );
  const own = lanes.slice(0, Math.max(1, lanes.length - (isAlike ? 0 : substitutes)));
  const members = ["m", "n"].map((model, at) =>
    member(
      model,
      own.filter((each) => each.model === model),
      { weight: weights[at] ?? 1 },
    ),
  );
  const pool = target("pool", members, {
    select,
    substitutes: lanes.slice(own.length).map(({ id }) => id),
    affinity: hasAffinity ? stickyBy("session") : null,
    failover: { prefer },
  });
  return { pool, lanes };
}

const ids = (lanes: readonly Lane[]): string[] => lanes.map(({ id }) => id);

const next = ({ pick, runnerUp, ignoreBreaker, selection, offered }: LaneChoice) => ({
  ...{ pick: pick?.id, runnerUp: runnerUp?.id, ignoreBreaker, selection },
  offered: ids(offered.slice(0, 2)),
});

const told = (choice: LaneChoice) => ({ ...next(choice), left: choice.left, offered: ids(choice.offered) });

test("the pick, the runner-up, what is left out and what is next are those of the plain way", () => {
  let quicker = 0;
  fc.assert(
    fc.property(targets, looks, (given, turns) => {
      const { pool, lanes } = built(given);
      const known = byId(lanes);
      let selection: Selection = new Map();
      for (const turn of turns) {
        const at = (each: Lane): number => lanes.indexOf(each);
        const input: DecideInput = {
          ...decideInput(pool, lanes),
          lanes: turn.isFresh ? byId(lanes) : known,
          facts: facts({ inputTokensEstimate: turn.inputTokensEstimate }),
          condition: (each) => CONDITIONS[turn.conditions[at(each)] ?? 0] ?? ELIGIBLE,
          usable: (each) => (at(each) === turn.unusable ? "no-operation" : null),
          lastUsedMs: (id) => turn.used[lanes.findIndex((each) => each.id === id)] ?? null,
          tried: new Set(turn.tried.flatMap((each) => lanes[each]?.id ?? [])),
          affinityKey: turn.affinityKey,
          stuckTo: turn.stuck === null ? null : (lanes[turn.stuck]?.id ?? null),
          selection,
        };
        const plain = plainDecide(input);
        const all = decide(input);
        expect(told(all)).toEqual(told(plain));
        const quick = decide({ ...input, ranksAll: false });
        expect(next(quick)).toEqual(next(plain));
        if (quick.pick === null) expect(told(quick)).toEqual(told(plain));
        quicker += quick.offered.length < plain.offered.length ? 1 : 0;
        selection = plain.selection;
      }
    }),
    { numRuns: 2_000 },
  );
  expect(quicker).toBeGreaterThan(100);
});
