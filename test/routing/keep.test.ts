/** Proof of identity, and what else a failover may have to keep. */
import { describe, expect, test } from "bun:test";
import { NO_NEEDS } from "../../src/ir/capability.ts";
import { satisfiesKeep } from "../../src/routing/keep.ts";
import { lane } from "./build.ts";

const proven = (id: string) => ({ canonical: { id, proven: true } });
const label = (id: string) => ({ canonical: { id, proven: false } });

describe("keep the model", () => {
  test.each([
    ["equal and proven on both sides", lane("p/1/m", proven("gpt-5.4")), lane("q/1/n", proven("gpt-5.4")), true],
    ["upper case and spaces", lane("p/1/m", proven(" GPT-5.4 ")), lane("q/1/n", proven("gpt-5.4")), true],
    ["proven here, only a label there", lane("p/1/m", proven("gpt-5.4")), lane("q/1/n", label("gpt-5.4")), false],
    ["only labels, two providers", lane("p/1/m", label("glm")), lane("q/1/n", label("glm")), false],
    ["only labels, one provider, two accounts", lane("p/1/m", label("glm")), lane("p/2/n", label("glm")), true],
    ["the same configured model, another account", lane("p/1/m", label("a")), lane("p/2/m", label("a")), true],
    ["a smaller sibling", lane("p/1/m", proven("gpt-5.4")), lane("p/1/n", proven("gpt-5.4-mini")), false],
    ["a dated name", lane("p/1/m", proven("sonnet-4-5-20250929")), lane("q/1/n", proven("sonnet-4-5")), false],
    ["empty names prove nothing", lane("p/1/m", proven(" ")), lane("p/1/n", proven("")), false],
  ])("%s", (_name, first, candidate, expected) => {
    expect(satisfiesKeep(["model"], first, candidate, NO_NEEDS)).toBe(expected);
  });
});

describe("keep the tier", () => {
  test.each([
    ["strong", "strong", true],
    ["strong", "frontier", true],
    ["strong", "fast", false],
    ["tiny", "frontier", true],
    ["strong", null, false],
    [null, "frontier", false],
  ] as const)("%p by %p", (asked, offered, expected) => {
    const first = lane("p/1/m", { capabilities: { tier: asked } });
    expect(satisfiesKeep(["tier"], first, lane("q/1/n", { capabilities: { tier: offered } }), NO_NEEDS)).toBe(expected);
    expect(satisfiesKeep(["tier"], first, lane("p/2/m", { capabilities: { tier: asked } }), NO_NEEDS)).toBe(true);
  });
});

describe("keep the provider, and several at once", () => {
  const first = lane("p/1/m", proven("big"));
  const elsewhere = lane("q/1/n", proven("big"));
  test.each([
    ["nothing to keep", [], elsewhere, true],
    ["provider, elsewhere", ["provider"], elsewhere, false],
    ["provider, here", ["provider"], lane("p/2/n"), true],
    ["model and provider, elsewhere", ["model", "provider"], elsewhere, false],
    ["model and provider, here", ["model", "provider"], lane("p/2/n", proven("big")), true],
  ] as const)("%s", (_name, keep, candidate, expected) => {
    expect(satisfiesKeep(keep, first, candidate, NO_NEEDS)).toBe(expected);
  });
});

describe("what is not known of a lane", () => {
  const needs = [
    { ...NO_NEEDS, tools: true },
    { ...NO_NEEDS, structuredOutput: true },
    ...(["image", "document", "audio"] as const).map((each) => ({ ...NO_NEEDS, input: ["text" as const, each] })),
  ];
  test.each(needs)("%j: passes for the same model elsewhere, never for another one", (need) => {
    const first = lane("p/1/m", proven("own"));
    for (const keep of [["model"], ["tier"], ["model", "tier"]] as const) {
      expect(satisfiesKeep(keep, first, lane("q/1/n", proven("Own ")), need)).toBe(true);
    }
    const known = { capabilities: { tier: "strong" as const } };
    const strong = lane("p/1/m", { ...proven("own"), ...known });
    expect(satisfiesKeep(["tier"], strong, lane("q/1/n", { ...proven("other"), ...known }), need)).toBe(false);
    expect(satisfiesKeep(["provider"], first, lane("p/1/n", proven("other")), need)).toBe(false);
  });
});

describe("a stand-in of another model is known to have what the request needs", () => {
  const first = lane("p/1/m");
  const needs = { ...NO_NEEDS, input: ["image" as const], tools: true };
  test.each([
    ["known to have it", { input: ["text", "image"], tools: true }, true],
    ["unknown whether", { input: ["text", "image"], tools: null }, false],
    ["known not to", { input: ["text"], tools: true }, false],
    ["unknown input", { input: null, tools: true }, false],
  ] as const)("%s", (_name, capabilities, expected) => {
    expect(satisfiesKeep(["provider"], first, lane("p/1/n", { capabilities }), needs)).toBe(expected);
    expect(satisfiesKeep(["provider"], first, lane("p/2/m", { capabilities }), needs)).toBe(true);
    expect(satisfiesKeep([], first, lane("p/1/n", { capabilities }), needs)).toBe(true);
  });
});
