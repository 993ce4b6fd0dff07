// `ringmain check --live`: what is shown of what vendors said, how many are asked at once, and the exit code it comes to.
import { describe, expect, test } from "bun:test";
import { checkLive, isLiveFine, liveText } from "../../src/cli/check-live.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";

const LANES = ["v/a/m", "v/a/n", "v/b/m", "w/a/o", "x/a/p", "y/a/q"].map((id) => laneOf(id, "openai"));
const DEPLOYMENT = deploymentOf({ lanes: LANES, targets: [poolOf("pool", LANES)] });
const said = { key: "taken", because: "", list: null, tookMs: 12.4 } as const;
const listOf = (isComplete: boolean, ...names: string[]) => ({
  names: new Set(names),
  facts: new Map(),
  isComplete,
  next: null,
});

test("each account is asked once, and four at once at most", async () => {
  const asked: string[] = [];
  let now = 0;
  let most = 0;
  const rows = await checkLive(DEPLOYMENT, async ({ id }) => {
    asked.push(id);
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return said;
  });
  expect(asked).toEqual(["v/a/m", "v/b/m", "w/a/o", "x/a/p", "y/a/q"]);
  expect(most).toBeLessThanOrEqual(4);
  expect(rows.map(({ lane }) => lane)).toEqual(LANES.map(({ id }) => id));
});

test("a table, and the models that are not listed", async () => {
  const rows = await checkLive(DEPLOYMENT, async ({ provider }) => {
    if (provider === "v") return { ...said, list: listOf(true, "upstream-m-20260101") };
    if (provider === "w") return { ...said, key: "refused", because: "status 401" };
    return provider === "x" ? { ...said, list: listOf(false, "other") } : said;
  });
  expect(liveText(rows)).toBe(`LANE   HOST       KEY                  LISTED   PRICED  MS
v/a/m  v.invalid  ok                   yes      no      12
v/a/n  v.invalid  ok                   no       no      12
v/b/m  v.invalid  ok                   yes      no      12
w/a/o  w.invalid  refused: status 401  unknown  no      12
x/a/p  x.invalid  ok                   unknown  no      12
y/a/q  y.invalid  ok                   unknown  no      12

Not in its vendor's list: v/a/n. It may be served all the same; if it is not, correct upstream_model.
`);
});

describe("the exit code", () => {
  test.each([
    ["taken", true],
    ["unasked", true],
    ["refused", false],
    ["silent", false],
  ] as const)("of a key that is %s", async (key, isFine) => {
    expect(isLiveFine(await checkLive(DEPLOYMENT, async () => ({ ...said, key })))).toBe(isFine);
  });
});
