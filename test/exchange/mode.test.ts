// Which operations a lane relays, translates or leaves to others, and that no route leads to one its protocol does not offer.
import { describe, expect, test } from "bun:test";
import { hasPath, modeOf } from "../../src/exchange/lane/mode.ts";
import { OPERATIONS, type Operation } from "../../src/ir/facts.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { embedder } from "../harness/fake-operations.ts";

const ALL: readonly Protocol[] = Object.values(PROTOCOLS);
const ALPHA = embedder("alpha");
const BETA = embedder("beta");
const MUTE = embedder("mute", { operations: {} });
const { openai, anthropic, responses } = PROTOCOLS;

const ways: [Operation, Protocol, Protocol, ReturnType<typeof modeOf>][] = [
  ["chat", openai, openai, "relay"],
  ["chat", openai, anthropic, "translate"],
  ["count", anthropic, anthropic, "relay"],
  ["count", anthropic, responses, "translate"],
  ["count", anthropic, openai, null],
  ["embed", ALPHA, ALPHA, "relay"],
  ["embed", ALPHA, BETA, "translate"],
  ["embed", ALPHA, MUTE, null],
  ["rerank", ALPHA, BETA, "translate"],
  ["rerank", ALPHA, MUTE, null],
  ["image", openai, openai, "relay"],
  ["image", openai, anthropic, null],
  ["image", anthropic, openai, null],
  ["complete", openai, responses, null],
  ["models", openai, openai, null],
];
test.each(ways)("%s", (operation, ingress, egress, way) => {
  expect(modeOf(operation, ingress, egress)).toBe(way);
});

describe("routes", () => {
  for (const protocol of ALL) {
    test(`each route of ${protocol.id} leads to what it offers, at a path of its vendor's`, () => {
      for (const { operation, path } of protocol.carrier.routes) {
        expect(OPERATIONS).toContain(operation);
        if (operation === "models") continue;
        expect([path, modeOf(operation, protocol, protocol)]).toEqual([path, "relay"]);
        const asked = {
          egress: protocol,
          template: null,
          clientPath: path,
          upstreamModel: "m",
        };
        expect([path, hasPath(operation, asked)]).toEqual([path, true]);
      }
    });

    test(`bodies that ask ${protocol.id} for something else lead to what is offered`, () => {
      for (const { instead } of protocol.carrier.routes) {
        for (const variant of instead ?? []) {
          const meant = ALL.find(({ id }) => id === variant.protocol);
          expect(meant === undefined ? null : modeOf(variant.operation, meant, meant)).toBe("relay");
        }
      }
    });
  }
});
