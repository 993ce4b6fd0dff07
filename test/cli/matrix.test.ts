/** `ringmain matrix` as an operator types it, and how the table it shows is read. */
import { describe, expect, test } from "bun:test";
import { matrix } from "../../src/cli/matrix.ts";
import type { Crossing } from "../../src/cli/matrix-table.ts";
import { PAIRS } from "../corpus/translate.ts";
import { captured } from "./captured.ts";

const IDS: readonly string[] = [...new Set(PAIRS.map(({ client }) => client.id))];

const run = (...args: string[]) => runOver(undefined, ...args);

function runOver(table: readonly Crossing[] | undefined, ...args: string[]) {
  return captured({ env: {}, cwd: "." }, (io) => matrix(args, io, table));
}

test("both grids have a row and a column for every protocol, and all of it is as pinned", async () => {
  const { code, out, err } = await run();
  expect([code, err]).toEqual([0, ""]);
  const heads = out.split("\n").filter((line) => line.startsWith("CLIENT \\ LANE"));
  expect(heads.map((line) => line.split(/\s{2,}/).slice(1))).toEqual([[...IDS], [...IDS]]);
  for (const id of IDS) expect(out.match(new RegExp(`^${id} +\\d+`, "gm"))?.length).toBe(2);
  expect(out).toContain("All of it as pinned.");
});

test("--json is the same for programs", async () => {
  const { code, out } = await run("--json");
  const found = JSON.parse(out);
  expect([code, found.ok, found.regressions]).toEqual([0, true, []]);
  expect(found.pairs).toHaveLength(3 * IDS.length ** 2);
});

test("--pair lists the losses of one pair, spelled with or without spaces", async () => {
  const close = await run("--pair", "openai>anthropic");
  expect(close.code).toBe(0);
  expect(close.out).toMatch(/^requests +temperature +clamped: the highest is 1/m);
  expect(await run("--pair", "openai > anthropic")).toEqual(close);
  expect((await run("--pair", "openai>openai")).out).toStartWith("Nothing is lost.");
});

describe("a table of two protocols", () => {
  const crossing = (kind: string, client: string, lane: string, cases: readonly string[] = []): Crossing => {
    const losses = cases.length === 0 ? {} : { "user dropped: no such member": cases, "a[].b clamped: to 1": ["hot"] };
    return { kind, client, lane, whole: 9 - cases.length, lossy: cases.length, losses };
  };
  const ways = [
    ["a", "a", []],
    ["a", "bb", ["one", "two", "three", "four", "five"]],
    ["bb", "a", ["one"]],
    ["bb", "bb", []],
  ] as const;
  const table = ["requests", "responses", "streams"].flatMap((kind) =>
    ways.map(([client, lane, cases]) => crossing(kind, client, lane, kind === "responses" ? [] : cases)),
  );

  test("is shown as two grids", async () => {
    expect(await runOver(table)).toEqual({ code: 0, err: "", out: GRIDS });
  });
  test("is shown as the losses of one pair", async () => {
    expect(await runOver(table, "--pair", "a>bb")).toEqual({ code: 0, err: "", out: LOSSES });
  });
  test("is shown to programs", async () => {
    const { out } = await runOver(table, "--json");
    expect(JSON.parse(out)).toEqual({ ok: true, pairs: table, regressions: [] });
  });
});

const GRIDS = `Buffered: requests and answers that cross whole + those with declared losses.

CLIENT \\ LANE  a     bb
a              18    13+5
bb             17+1  18

Streaming: the same of streams.

CLIENT \\ LANE  a    bb
a              9    4+5
bb             8+1  9

108 translations: 96 whole, 12 with declared losses. All of it as pinned.
`;

const LOSSES = `WHAT      MEMBER  WHAT HAPPENS             SEEN IN
requests  user    dropped: no such member  one, two, three and 2 more
requests  a[].b   clamped: to 1            hot
streams   user    dropped: no such member  one, two, three and 2 more
streams   a[].b   clamped: to 1            hot

27 translations: 17 whole, 10 with declared losses. All of it as pinned.
`;

describe("wrong usage", () => {
  test("an unknown pair is told the known protocols", async () => {
    const { code, err } = await run("--pair", "openai>other");
    expect([code, err.includes(IDS.join(", "))]).toEqual([2, true]);
  });
  test("an unknown option, and help", async () => {
    expect((await run("--what")).code).toBe(2);
    expect((await run("--help")).out).toStartWith("Usage: ringmain matrix");
  });
});
