// What Home Assistant is told there is and how it is, by its own rules for discovery.

import { describe, expect, test } from "bun:test";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import {
  ACCOUNTS_MAX,
  accountsOf,
  discoveryDocument,
  removalDocument,
  stateDocument,
} from "../../../src/displays/home-assistant/entities.ts";
import type { Snapshot } from "../../../src/displays/snapshot.ts";
import { HEALTH_LABELS } from "../../../src/ir/lane-facts.ts";
import { expectGolden } from "../../observability/golden.ts";

const DEVICE = { id: "ringmain_ha", name: "Ringmain ha", version: "1.2.3", stateTopic: "s", statusTopic: "t" };
const RESETS = Date.UTC(2026, 0, 2);

function busy(): Snapshot {
  const snapshot = sampleSnapshot("down");
  return { ...snapshot, allowances: snapshot.allowances.map((each) => ({ ...each, resetsWallMs: RESETS })) };
}

function documents(snapshot: Snapshot) {
  const accounts = accountsOf(snapshot, []);
  const discovery: unknown = JSON.parse(JSON.stringify(discoveryDocument(DEVICE, snapshot, accounts)));
  const state: unknown = JSON.parse(JSON.stringify(stateDocument(snapshot, accounts)));
  return { discovery, state };
}

/** Components by key, as plain objects. */
function components(discovery: unknown): [string, Record<string, unknown>][] {
  const found = typeof discovery === "object" && discovery !== null && "cmps" in discovery ? discovery.cmps : {};
  return Object.entries(Object(found));
}

/** What `{{ value_json.a['b'].c }}` finds in the state. */
function evaluate(template: unknown, state: unknown): unknown {
  const path = /^\{\{ value_json((?:\.\w+|\['[^']+'\])+) \}\}$/.exec(String(template))?.[1] ?? "none";
  return [...path.matchAll(/\.(\w+)|\['([^']+)'\]/g)].reduce<unknown>(
    (value, [, plain, quoted]) => Object(value)[plain ?? quoted ?? ""],
    state,
  );
}

test("the documents of a gateway with trouble", () => {
  const { discovery, state } = documents(busy());
  expectGolden(new URL("./goldens/discovery.json", import.meta.url), `${JSON.stringify(discovery, null, 2)}\n`);
  expectGolden(new URL("./goldens/state.json", import.meta.url), `${JSON.stringify(state, null, 2)}\n`);
});

describe("every component", () => {
  const { discovery, state } = documents(busy());

  test("has a platform, an id of its own that is legal, and a value that is there", () => {
    const all = components(discovery);
    expect(all.length).toBeGreaterThan(12);
    const ids = all.map(([, component]) => component["unique_id"]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [key, component] of all) {
      expect([key, String(component["unique_id"])]).toEqual([key, expect.stringMatching(/^[A-Za-z0-9_-]+$/)]);
      expect([key, component["p"]]).toEqual([key, expect.stringMatching(/^(binary_)?sensor$/)]);
      expect([key, evaluate(component["value_template"], state) === undefined]).toEqual([key, false]);
      // It exists nowhere, and silently switches off availability.
      expect(component).not.toHaveProperty("status_topic");
    }
  });

  test("of a binary kind says ON or OFF, of an enumeration one of its options", () => {
    for (const [key, component] of components(discovery)) {
      const value = evaluate(component["value_template"], state);
      if (component["p"] === "binary_sensor") expect([key, ["ON", "OFF"].includes(String(value))]).toEqual([key, true]);
      if (component["device_class"] === "enum")
        expect([key, HEALTH_LABELS.some((label) => label === value)]).toEqual([key, true]);
    }
  });
});

test("what is not known is null, and there is no entity for a quota nobody knows", () => {
  const { discovery, state } = documents(sampleSnapshot("unpriced"));
  expect(state).toMatchObject({ cost_today: null });
  const keys = components(discovery).map(([key]) => key);
  expect(keys.filter((key) => key.includes("quota")).toSorted()).toEqual(["openai_default_quota_remaining"]);
});

test("money is dollars, exact to a millionth", () => {
  const snapshot = { ...busy(), today: { ...busy().today, costNanos: 12_345_678_901 } };
  expect(stateDocument(snapshot, [])).toMatchObject({ cost_today: 12.345679 });
});

test("accounts whose names become the same id are told apart, and there is an end to them", () => {
  const [first] = sampleSnapshot("busy").lanes;
  const lanes = ["a.b", "a-b", "a_b"].flatMap((account) => (first === undefined ? [] : [{ ...first, account }]));
  const keys = (given: typeof lanes) =>
    accountsOf({ ...sampleSnapshot("busy"), lanes: given }, []).map(({ key }) => key);
  expect(keys(lanes)).toEqual(["anthropic_a_b", "anthropic_a-b", "anthropic_a_b_2"]);
  const many = Array.from({ length: 500 }, (_, at) =>
    lanes.slice(0, 1).map((lane) => ({ ...lane, account: `n${at}` })),
  ).flat();
  expect(keys(many)).toHaveLength(ACCOUNTS_MAX);
});

describe("components that are gone", () => {
  const current = { cmps: { a: { p: "sensor", name: "A" } } };
  test.each([
    [
      "are named with their platform alone",
      '{"cmps":{"a":{"p":"sensor"},"b":{"p":"binary_sensor","name":"B"}}}',
      { a: { p: "sensor", name: "A" }, b: { p: "binary_sensor" } },
    ],
    ["are none", '{"cmps":{"a":{"p":"sensor"}}}', null],
    ["are none in what somebody else wrote", '[1,"x"]', null],
    ["are none in what is no JSON", "offline", null],
  ])("%s", (_, older, cmps) => expect(removalDocument(older, current)).toEqual(cmps === null ? null : { cmps }));
});
