// Vendors' lists, day after day: a model is out where a complete list lacks it that held it before, and back with the first list
// that holds it. Nothing else takes one out, no account is asked twice a day, and a later start goes on where this one ended.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListedFacts } from "../../src/ir/capability.ts";
import type { Deployment, Lane } from "../../src/ir/deployment.ts";
import type { GivenList, KeptListing } from "../../src/ir/standing.ts";
import { foldListing, withListings } from "../../src/process/listings.ts";
import { createStandingService } from "../../src/process/standing-service.ts";
import { createVendorWatch } from "../../src/process/vendor-watch.ts";
import { EMPTY_DEPLOYMENT, laneOf } from "../harness/deployments.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deploymentOf } from "./deployments.ts";

const folder = mkdtempSync(join(tmpdir(), "ringmain-watch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const list = (isComplete: boolean, ...names: string[]) => ({ names: new Set(names), isComplete });
type Given = ReturnType<typeof list> | null;

const LANES = ["x", "y"].map((name) => laneOf(`v/a/${name}`, "openai", { upstreamModel: name, watch: true }));

/** Lists one after the other, a day between; what is missing at the end, and since which day. */
function missingAfter(lists: readonly (Given | { readonly key: string; readonly given: Given })[]) {
  let kept: KeptListing | null = null;
  for (const [day, each] of lists.entries()) {
    const { key, given } = each !== null && "key" in each ? each : { key: "k", given: each };
    kept = foldListing({ before: kept, lanes: LANES, given, credential: key, wallMs: day });
  }
  return kept?.missing;
}

test.each<readonly [string, Parameters<typeof missingAfter>[0], Readonly<Record<string, number>>]>([
  ["listed", [list(true, "x", "y")], {}],
  ["never listed", [list(true, "y"), list(true, "y")], {}],
  ["listed before, and lacking", [list(true, "x", "y"), list(true, "y")], { x: 1 }],
  ["since the first day", [list(true, "x"), list(true, "z"), list(true, "z"), list(true, "z")], { x: 1 }],
  ["held by a part of a list before", [list(false, "x"), list(true, "z")], { x: 1 }],
  ["a part of a list lacks it", [list(true, "x", "y"), list(false, "z")], {}],
  ["a list that is empty", [list(true, "x", "y"), list(true)], {}],
  ["no list", [list(true, "x", "y"), null], {}],
  ["no list while it is missing", [list(true, "x"), list(true, "z"), null], { x: 1 }],
  ["a part of a list while it is missing", [list(true, "x"), list(true, "z"), list(false, "z")], { x: 1 }],
  ["back", [list(true, "x"), list(true, "z"), list(true, "x")], {}],
  ["back in a part of a list", [list(true, "x"), list(true, "z"), list(false, "x")], {}],
  ["out again", [list(true, "x"), list(true, "z"), list(true, "x"), list(true, "z")], { x: 3 }],
  ["a dated name is the same model", [list(true, "x"), list(true, "x-20260101")], {}],
  ["another key may see other models", [list(true, "x"), { key: "other", given: list(true, "z") }], {}],
])("%s", (_name, lists, expected) => {
  expect(missingAfter(lists)).toEqual(expected);
});

interface Bench {
  readonly asked: string[];
  readonly said: string[];
  /** What the vendor answers from now on. */
  given: Given;
  secret: string;
  changes: number;
  readonly days: (count: number) => Promise<void>;
  readonly lane: () => Lane | undefined;
  readonly reload: (deployment: Deployment) => void;
  readonly close: () => Promise<void>;
  readonly deployment: Deployment;
  readonly timers: () => number;
}

async function bench(path: string | null, startWallMs = Date.UTC(2026, 0, 1)): Promise<Bench> {
  const effects = createVirtualEffects({ startWallMs });
  const said: string[] = [];
  const say = (_level: string, line: string): void => void said.push(line);
  const kept = createStandingService({ say, effects });
  const plain = deploymentOf({ slots: [1, 1] });
  const lanes = Object.entries(plain.lanes).map(([id, lane]) => [id, { ...lane, watch: true as const }]);
  const deployment: Deployment = {
    ...plain,
    lanes: Object.fromEntries(lanes),
    stateStore: path === null ? null : { path },
  };
  await kept.open(deployment);
  const on: Bench = {
    asked: [],
    said,
    given: list(true, "m0", "m1"),
    secret: "one",
    changes: 0,
    days: (count) => effects.run(count * DAY_MS),
    lane: () => kept.ordered(deployment).lanes["local/default/model-0"],
    reload: (next) => watch.serve(next),
    close: async () => {
      watch.stop();
      await kept.close();
    },
    deployment,
    timers: effects.timersPending,
  };
  const watch = createVendorWatch({
    say,
    effects,
    vendorOf: () => ({
      async ask({ id }) {
        on.asked.push(id);
        if (on.given === null) throw new Error("the list cannot be asked for");
        return on.given;
      },
      digest: (_lane, salt) => `${salt} ${on.secret}`,
    }),
    salt: () => kept.standing().salt,
    listing: kept.listing,
    keep: kept.keepListing,
    onChange() {
      on.changes += 1;
    },
  });
  watch.serve(deployment);
  return on;
}

describe("day after day", () => {
  test("an account is asked once a day, whatever it says, and no start waits for it", async () => {
    const on = await bench(null);
    expect(on.asked).toEqual([]);
    await on.days(0.01);
    expect(on.asked).toEqual(["local/default/model-0"]);
    on.given = null;
    await on.days(20);
    expect(on.asked.length).toBeGreaterThanOrEqual(19);
    expect(on.asked.length).toBeLessThanOrEqual(21);
    expect([on.changes, on.said]).toEqual([0, []]);
    await on.close();
  });

  test("a model goes and comes back by itself, and the operator is told each time", async () => {
    const on = await bench(null);
    await on.days(1.5);
    on.given = list(true, "m1");
    await on.days(3);
    expect(on.lane()?.notListedSinceMs).toBeGreaterThan(Date.UTC(2026, 0, 1));
    expect(on.changes).toBe(1);
    expect(on.said).toEqual([expect.stringContaining("lists local/default/model-0 no more")]);
    on.given = list(true, "m0", "m1");
    await on.days(1.2);
    expect(on.lane()?.notListedSinceMs).toBeUndefined();
    expect(on.changes).toBe(2);
    expect(on.said[1]).toContain("lists local/default/model-0 again");
    await on.close();
    expect(on.timers()).toBe(0);
  });

  test("a reload does not ask again, and one that watches nothing asks no more", async () => {
    const on = await bench(null);
    await on.days(0.1);
    for (let at = 0; at < 5; at += 1) on.reload(on.deployment);
    await on.days(0.5);
    expect(on.asked).toHaveLength(1);
    const unwatched = Object.entries(on.deployment.lanes).map(([id, { watch: _watch, ...lane }]) => [id, lane]);
    on.reload({ ...on.deployment, lanes: Object.fromEntries(unwatched) });
    await on.days(10);
    expect(on.asked).toHaveLength(1);
    await on.close();
  });

  test("a later start knows since when, and asks when the day is over", async () => {
    const path = join(folder, "a.db");
    const first = await bench(path);
    await first.days(0.5);
    first.given = list(true, "m1");
    await first.days(1.2);
    const sinceMs = first.lane()?.notListedSinceMs;
    expect(sinceMs).toBeDefined();
    await first.close();
    const second = await bench(path, Date.UTC(2026, 0, 2, 18));
    expect(second.lane()?.notListedSinceMs).toBe(sinceMs);
    await second.days(0.1);
    expect(second.asked).toEqual([]);
    second.secret = "two";
    second.reload(second.deployment);
    expect(second.lane()?.notListedSinceMs).toBeUndefined();
    await second.close();
  });
});

describe("what a list says of a model", () => {
  const facts = new Map<string, ListedFacts>([
    ["x", { contextWindow: 8_000, tools: true, input: ["text", "image"] }],
    ["z", { tools: false }],
  ]);
  const known = laneOf("v/a/x", "openai", {
    upstreamModel: "x",
    watch: true,
    capabilities: { contextWindow: 100_000 },
  });
  const unwatched = laneOf("v/a/w", "openai", { upstreamModel: "x" });
  const fold = (before: KeptListing | null, given: GivenList | null, credential = "k") =>
    foldListing({ before, lanes: [known], given, credential, wallMs: 1 });
  const apply = (listing: KeptListing): Lane[] =>
    Object.values(
      withListings({ ...EMPTY_DEPLOYMENT, lanes: { "v/a/x": known, "v/a/w": unwatched } }, new Map([["v/a", listing]]))
        .lanes,
    );

  test("fills in what is not known, and overrules nothing", () => {
    const [lane, other] = apply(fold(null, { names: new Set(["x"]), facts, isComplete: true }));
    expect(lane?.capabilities).toMatchObject({ contextWindow: 100_000, tools: true, input: ["text", "image"] });
    expect(lane?.listed).toEqual(["input", "tools"]);
    expect([other?.capabilities.tools, other?.listed]).toEqual([null, undefined]);
  });

  test("holds until a list says otherwise, and is another credential's own", () => {
    const first = fold(null, { names: new Set(["x"]), facts, isComplete: true });
    expect(fold(first, null).facts).toEqual(first.facts ?? {});
    expect(fold(first, { names: new Set(["x"]), isComplete: true }).facts).toEqual(first.facts ?? {});
    const changed = new Map<string, ListedFacts>([["x", { tools: false }]]);
    expect(fold(first, { names: new Set(["x"]), facts: changed, isComplete: true }).facts).toEqual({
      x: { tools: false },
    });
    expect(fold(first, null, "other").facts).toBeUndefined();
  });
});
