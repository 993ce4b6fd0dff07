/** `ringmain matrix` as somebody types it, and what it takes for a regression. */
import { describe, expect, test } from "bun:test";
import { deviations, PINNED, runPair } from "../../src/cli/matrix/grid.ts";
import { PAIRS } from "../../src/cli/matrix/translate.ts";
import { matrix } from "../../src/cli/matrix.ts";

const IDS: readonly string[] = [...new Set(PAIRS.map(({ client }) => client.id))];

async function run(...args: string[]) {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    env: {},
    cwd: ".",
  };
  return { code: await matrix(args, io), out, err };
}

/** The grid is every pair over the whole corpus: seconds on a busy machine. */
const GRID_MS = 60_000;

test(
  "both grids have a row and a column for every protocol, and all of it is as pinned",
  async () => {
    const { code, out, err } = await run();
    expect([code, err]).toEqual([0, ""]);
    const heads = out.split("\n").filter((line) => line.startsWith("CLIENT \\ LANE"));
    expect(heads.map((line) => line.split(/\s{2,}/).slice(1))).toEqual([[...IDS], [...IDS]]);
    for (const id of IDS) expect(out.match(new RegExp(`^${id} +\\d+`, "gm"))?.length).toBe(2);
    expect(out).toContain("All of it as pinned.");
  },
  GRID_MS,
);

test(
  "--json is the same for programs",
  async () => {
    const { code, out } = await run("--json");
    const found = JSON.parse(out);
    expect([code, found.ok, found.regressions]).toEqual([0, true, []]);
    expect(found.pairs).toHaveLength(3 * IDS.length ** 2);
  },
  GRID_MS,
);

test("--pair lists the losses of one pair, spelled with or without spaces", async () => {
  const close = await run("--pair", "openai>anthropic");
  expect(close.code).toBe(0);
  expect(close.out).toMatch(/^requests +temperature +clamped: the highest is 1/m);
  expect(await run("--pair", "openai > anthropic")).toEqual(close);
  expect((await run("--pair", "openai>openai")).out).toStartWith("Nothing is lost.");
});

describe("wrong usage", () => {
  test("an unknown pair is told the known protocols", async () => {
    const { code, err } = await run("--pair", "openai>nobody");
    expect([code, err.includes(IDS.join(", "))]).toEqual([2, true]);
  });
  test("an unknown option, and help", async () => {
    expect((await run("--what")).code).toBe(2);
    expect((await run("--help")).out).toStartWith("Usage: ringmain matrix");
  });
});

describe("a regression", () => {
  const pair = PAIRS.find(({ name }) => name === "openai > anthropic");
  if (pair === undefined) throw new Error("no such pair");
  const result = runPair("requests", pair);
  const known = PINNED["requests"]?.[pair.name] ?? {};
  const [first = ""] = Object.keys(known);

  test("is a loss that was not pinned", () => {
    const { [first]: _gone, ...fewer } = known;
    expect(deviations(result, { requests: { [pair.name]: fewer } })[0]).toContain(`not pinned: ${first}`);
  });
  test("is a pinned loss in another case", () => {
    const moved = { ...known, [first]: [] };
    expect(deviations(result, { requests: { [pair.name]: moved } })).toHaveLength(1);
  });
  test("is a pinned loss that is gone, because what became of it is unknown", () => {
    const more = { ...known, "x dropped: y": ["plain"] };
    expect(deviations(result, { requests: { [pair.name]: more } })).toEqual([
      "a pinned loss that is gone: x dropped: y (plain)",
    ]);
  });
  test("is nothing where all is as pinned", () => {
    expect(deviations(result)).toEqual([]);
  });
});
