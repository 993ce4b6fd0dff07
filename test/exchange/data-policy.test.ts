// What a request says of its own data, and what a pool promises of it: only lanes that are known to keep it are asked, also by a judge.
import { describe, expect, test } from "bun:test";
import { createExplain } from "../../src/exchange/probing/explain.ts";
import type { Lane } from "../../src/ir/deployment.ts";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { asObject, at, parseJson } from "../../src/std/json.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, VENDOR_WORDS } from "../harness/vendor-words.ts";

type Retention = Lane["retention"];

const lanesOf = (...overs: readonly LaneOver[]): Lane[] =>
  overs.map((over, index) => laneOf(`p${index}/a/m${index}`, "openai", over));
const keeping = (retention: Retention): LaneOver => (retention === undefined ? {} : { retention });

function start(lanes: readonly Lane[], target: TargetOver = {}, fails: readonly string[] = []) {
  const vendors = lanes.map(({ provider }) => {
    const fault = fails.includes(provider);
    return [provider, fault ? refusing(OPENAI_WORDS, "server-error") : answering(OPENAI_WORDS)] as const;
  });
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, target)] }),
    answer: byProvider(Object.fromEntries(vendors)),
  });
}

describe("a request's own wish", () => {
  const zdr = { "x-router-zdr": "true" };
  const deny = { "x-router-data-collection": "deny" };
  const rows: readonly (readonly [
    string,
    Record<string, string>,
    Record<string, unknown>,
    readonly Retention[],
    number | null,
  ])[] = [
    ["nothing is asked", {}, {}, [undefined, "none"], 0],
    ["zdr by header", zdr, {}, ["kept", undefined, "trained_on", "none"], 3],
    ["zdr by the body", {}, { provider: { zdr: true } }, ["kept", "none"], 1],
    ["zdr false", { "x-router-zdr": "false" }, { provider: { zdr: false } }, ["kept", "none"], 0],
    ["the body's false does not undo the header", zdr, { provider: { zdr: false } }, ["kept", "none"], 1],
    ["deny by header", deny, {}, [undefined, "trained_on", "kept"], 2],
    ["deny by the body", {}, { provider: { data_collection: "deny" } }, ["trained_on", "none"], 1],
    ["allow", { "x-router-data-collection": "allow" }, {}, ["trained_on", "none"], 0],
    ["both", zdr, { provider: { data_collection: "deny" } }, ["kept", "none"], 1],
    ["nothing keeps it", zdr, {}, ["kept", undefined], null],
  ];
  test.each(rows)("%s", async (_name, headers, more, retentions, served) => {
    const core = start(lanesOf(...retentions.map(keeping)));
    const got = await core.ask({ protocol: "openai", body: question("openai", { more }), headers });
    if (served !== null) {
      expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, `p${served}/a/m${served}`]);
      return;
    }
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "constraint_filtered"]);
    expect(at(parseJson(got.text), "error", "gateway", "skipped")).toMatchObject([
      { lane: "p0/a/m0", because: "data-policy" },
      { lane: "p1/a/m1", because: "data-policy" },
    ]);
    expect(core.effects.calls).toHaveLength(0);
  });

  test.each(VENDOR_WORDS.map(({ protocol }) => protocol))("is told by its code to a %s client", async (protocol) => {
    const core = start(lanesOf({}));
    const got = await core.ask({ protocol, body: question(protocol), headers: zdr });
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "constraint_filtered"]);
  });

  test.each([
    [{ zdr: "yes" }, "provider.zdr"],
    [{ zdr: 1 }, "provider.zdr"],
    [{ data_collection: "maybe" }, "provider.data_collection"],
    [{ data_collection: true }, "provider.data_collection"],
  ])("that cannot be read is refused: %p", async (provider, name) => {
    const core = start(lanesOf({ retention: "none" }));
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: { provider } }) });
    expect([got.status, got.text.includes(name)]).toEqual([400, true]);
  });

  test.each([
    ["in the body, a vendor that chooses among hosts by it is asked", { provider: { zdr: true } }, {}, 200],
    ["in a header, that vendor is not told of it and not asked", {}, zdr, 400],
    ["in the body alone does not cover the header's", { provider: { data_collection: "deny" } }, zdr, 400],
  ])("%s", async (_name, more, headers, status) => {
    const core = start(lanesOf({ dialect: { ...UNKNOWN_SERVER, hostRouting: "members" } }));
    const got = await core.ask({ protocol: "openai", body: question("openai", { more }), headers });
    expect(got.status).toBe(status);
  });

  test("holds after a failure and where the lane that keeps it is out", async () => {
    const core = start(lanesOf({ retention: "none" }, { retention: "kept" }), {}, ["p0"]);
    const got = await core.ask({ protocol: "openai", body: question("openai"), headers: zdr });
    expect(got.status).toBeGreaterThanOrEqual(500);
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual(["p0/a/m0"]);
  });
});

test.each([
  [{}, { "x-router-zdr": "true" }],
  [{ provider: { zdr: true } }, {}],
])("explain sees the wish too: %j %j", async (more, headers) => {
  const { world, shared, protocols } = start(lanesOf({ retention: "kept" }, { retention: "none" }));
  const explain = createExplain({ world, shared, protocols, admission: null, callerNamed: null });
  const request = asObject(parseJson(JSON.stringify(question("openai", { more })))) ?? null;
  const said = await explain({ target: "pool", protocol: "openai", request, headers, key: null });
  if (!said.ok) throw new Error(said.failure.message);
  expect(said.value.order.map(({ lane }) => lane)).toEqual(["p1/a/m1"]);
});

describe("what a failover keeps", () => {
  const rows: readonly (readonly [string, readonly ("region" | "zdr")[], readonly LaneOver[], readonly number[]])[] = [
    ["the region", ["region"], [{ region: "eu" }, { region: "us" }, {}, { region: "eu" }], [0, 3]],
    ["a region that is not known is no other's", ["region"], [{}, { region: "eu" }, {}], [0]],
    ["zero retention", ["zdr"], [{ retention: "none" }, { retention: "kept" }, {}, { retention: "none" }], [0, 3]],
    [
      "zero retention, whatever the first one keeps",
      ["zdr"],
      [{}, { retention: "kept" }, { retention: "none" }],
      [0, 2],
    ],
    [
      "both",
      ["region", "zdr"],
      [
        { region: "eu", retention: "none" },
        { region: "eu" },
        { region: "us", retention: "none" },
        { region: "eu", retention: "none" },
      ],
      [0, 3],
    ],
    ["neither", [], [{ region: "eu" }, { region: "us" }], [0, 1]],
  ];
  test.each(rows)("%s", async (_name, keep, overs, asked) => {
    const lanes = lanesOf(...overs);
    const core = start(
      lanes,
      { failover: { keep, cap: 9 } },
      lanes.map(({ provider }) => provider),
    );
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual(asked.map((index) => `p${index}/a/m${index}`));
    expect(got.headers["x-ringmain-error"]).toBe(keep.length === 0 ? "no_eligible_lane" : "no_capable_fallback");
  });

  test("the same model elsewhere is elsewhere", async () => {
    const canonical = { id: "one", proven: true };
    const lanes = lanesOf({ canonical, region: "eu" }, { canonical, region: "us" });
    const core = start(lanes, { failover: { keep: ["region"] } }, ["p0"]);
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.records[0]?.attempts).toHaveLength(1);
  });
});

test("a verdict's own requests keep what the request says of its data", async () => {
  const lanes = lanesOf({ retention: "none" }, { retention: "kept" });
  const [main, judge] = lanes;
  if (main === undefined || judge === undefined) throw new Error("two lanes are made");
  const asked: string[] = [];
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", [main]), poolOf("judge", [judge])] }),
    answer: answering(OPENAI_WORDS),
    verdicts: {
      onRequest: [],
      onAnswer: () => [
        {
          hold: "until-end",
          async judge(_held, { ask }) {
            const told = await ask({ target: "judge", protocol: "openai", body: question("openai") });
            asked.push(told.ok ? "answered" : told.failure.kind);
            return null;
          },
        },
      ],
    },
  });
  await core.ask({ protocol: "openai", body: question("openai") });
  await core.ask({ protocol: "openai", body: question("openai"), headers: { "x-router-zdr": "true" } });
  expect(asked).toEqual(["answered", "constraint-filtered"]);
});
