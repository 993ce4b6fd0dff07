// The ids in src/known.ts are those of the registries: rooms that must not import a registry read its ids there.
import { expect, test } from "bun:test";
import { DISPLAYS } from "../../src/displays/index.ts";
import { DISPLAY_SCHEMAS } from "../../src/displays/schema.ts";
import { CARRIER_IDS, CARRIERS, PROTOCOL_IDS } from "../../src/known.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { POLICIES } from "../../src/routing/policies/index.ts";
import { POLICY_SCHEMAS } from "../../src/routing/policies/schema.ts";

test.each<[string, readonly string[], object]>([
  ["protocols", [...PROTOCOL_IDS, ...Object.keys(CARRIER_IDS)], PROTOCOLS],
  ["carriers", CARRIERS, CARRIER_IDS],
  ["policies and what the configuration reads of them", Object.keys(POLICY_SCHEMAS), POLICIES],
  ["displays and what the configuration reads of them", Object.keys(DISPLAY_SCHEMAS), DISPLAYS],
])("%s", (_name, ids, registry) => {
  expect(ids.toSorted()).toEqual(Object.keys(registry).toSorted());
});

test.each(Object.entries<Protocol>(PROTOCOLS))(
  "%s names itself, its carrier and the protocol of its bodies",
  (id, protocol) => {
    const held: Readonly<Record<string, string>> = CARRIER_IDS;
    expect([protocol.id, protocol.carrier.id, protocol.payload.id]).toEqual([id, id, held[id] ?? id]);
  },
);
