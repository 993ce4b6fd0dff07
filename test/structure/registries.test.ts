// The ids in src/known.ts are those of the registries: rooms that must not import a registry read its ids there.
import { expect, test } from "bun:test";
import { DISPLAYS } from "../../src/displays/index.ts";
import { DISPLAY_SCHEMAS } from "../../src/displays/schema.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import { CARRIER_IDS, CARRIERS, LIMIT_PROTOCOLS, PROTOCOL_IDS } from "../../src/known.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { POLICIES } from "../../src/routing/policies/index.ts";
import { POLICY_SCHEMAS } from "../../src/routing/policies/schema.ts";
import { question } from "../harness/client-words.ts";
import { MAKER } from "../harness/dialects.ts";

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

test.each(Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id))(
  "$id is known to demand a limit of the answer, or not to",
  ({ id, payload }) => {
    const request: IrRequest = {
      ...payload.readRequest(bodyOf(id)).value,
      sourceProtocol: "other",
      maxOutputTokens: null,
    };
    const options = { upstreamModel: "m", defaultMaxOutputTokens: 777, maxOutputTokens: null, dialect: MAKER };
    const written = JSON.stringify(payload.writeRequest(request, options).value);
    expect(written.includes("777")).toBe(LIMIT_PROTOCOLS.has(id));
  },
);

function bodyOf(protocol: string): Record<string, unknown> {
  if (protocol === "bedrock") return { messages: [{ role: "user", content: [{ text: "Hi" }] }] };
  const { max_tokens: _, ...body } = question(protocol);
  return protocol === "anthropic" ? { ...body, max_tokens: 1 } : body;
}
