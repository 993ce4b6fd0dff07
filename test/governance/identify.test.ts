// Who is let in: by mode, by token, and never by the shape of a token.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Caller,
  createIdentify,
  createKeyIdentify,
  identifyBy,
  unauthenticated,
} from "../../src/governance/identify.ts";
import { createKeyRing, NO_LIMITS, type VirtualKey } from "../../src/governance/keys.ts";
import type { AuthMode, KeyGroup } from "../../src/ir/deployment.ts";
import { failed, type Result } from "../../src/ir/failure.ts";
import { sha256Hex } from "../../src/std/digest.ts";
import { Secret } from "../../src/std/secret.ts";
import { virtualKey } from "../harness/builders.ts";

const TOKENS = ["test-key-1", "", "test-key-3", "test-key-1"];

function identify(mode: AuthMode, credential: string | null, tokens: readonly string[] = TOKENS): Result<Caller> {
  const decide = createIdentify({ mode, clientTokens: tokens.map((token) => new Secret(token)) });
  return decide(credential === null ? null : new Secret(credential));
}

function labelOf(identified: Result<Caller>): string {
  return identified.ok ? identified.value.label : identified.failure.kind;
}

describe("by mode and credential", () => {
  const rows: readonly [mode: AuthMode, credential: string | null, label: string][] = [
    ["none", null, "anonymous"],
    ["none", "anything", "anonymous"],
    ["token", "test-key-1", "token-1"],
    ["token", "test-key-3", "token-3"],
    ["token", null, "unauthenticated"],
    ["token", "", "unauthenticated"],
    ["token", "test-key-2", "unauthenticated"],
    ["token", "test-key-1 ", "unauthenticated"],
    ["token", "TEST-KEY-1", "unauthenticated"],
    ["token", "test-key-", "unauthenticated"],
    ["passthrough", "callers-own", "passthrough"],
    ["passthrough", null, "unauthenticated"],
    ["passthrough", "", "unauthenticated"],
  ];
  for (const [mode, credential, label] of rows) {
    test(`${mode}: ${JSON.stringify(credential)} is ${label}`, () => {
      expect(labelOf(identify(mode, credential))).toBe(label);
    });
  }

  test("mode token without a token lets nobody in", () => {
    expect(labelOf(identify("token", "", []))).toBe("unauthenticated");
    expect(labelOf(identify("token", "x", [""]))).toBe("unauthenticated");
  });

  test("only passthrough hands the caller's credential on", () => {
    const through = identify("passthrough", "callers-own");
    const token = identify("token", "test-key-1");
    const none = identify("none", "anything");
    expect(through.ok && through.value.passthrough?.reveal()).toBe("callers-own");
    expect(token.ok && token.value.passthrough).toBeNull();
    expect(none.ok && none.value.passthrough).toBeNull();
  });
});

describe("several credentials", () => {
  const rows: readonly [mode: AuthMode, credentials: readonly string[], label: string][] = [
    ["token", ["of-a-vendor", "test-key-1"], "token-1"],
    ["token", ["test-key-1", "of-a-vendor", "another"], "token-1"],
    ["token", ["test-key-1", "test-key-3"], "unauthenticated"],
    ["token", ["of-a-vendor", "another"], "unauthenticated"],
    ["none", ["a", "b"], "anonymous"],
    ["passthrough", ["a", "b"], "unauthenticated"],
  ];
  for (const [mode, credentials, label] of rows) {
    test(`${mode}: ${credentials.join(" and ")} are ${label}`, () => {
      const secrets = credentials.map((each) => new Secret(each));
      const decide = createIdentify({ mode, clientTokens: TOKENS.map((token) => new Secret(token)) });
      expect(labelOf(identifyBy({ kind: "several", secrets }, decide))).toBe(label);
    });
  }

  test("a conflict is nobody, whatever the mode", () => {
    for (const mode of ["none", "token", "passthrough"] as const) {
      expect(labelOf(identifyBy({ kind: "conflict" }, createIdentify({ mode, clientTokens: [] })))).toBe(
        "unauthenticated",
      );
    }
  });
});

describe("odd tokens", () => {
  const SEEDS = [
    "' OR '1'='1",
    "%",
    "_____-___-_",
    "*",
    "test-key-1\u0000",
    "\u0000",
    "test-key-1\r\n",
    "../../etc/passwd",
    "{}",
    "null",
    "__proto__",
    "constructor",
    "\ud800",
    "ключ",
    "x".repeat(16_384),
    "test-key-1,test-key-1",
  ];
  const odd = fc.oneof(
    fc.constantFrom(...SEEDS),
    fc.string({ unit: "binary", maxLength: 64 }),
    fc.string({ unit: "grapheme", maxLength: 64 }),
    fc.tuple(fc.constantFrom(...SEEDS), fc.string({ maxLength: 8 })).map(([left, right]) => left + right),
    fc.string({ maxLength: 3 }).map((tail) => `test-key-1${tail}x`),
  );

  test("2,000 of them are refused in the very words a missing one is", () => {
    const decide = createIdentify({ mode: "token", clientTokens: TOKENS.map((token) => new Secret(token)) });
    const missing = decide(null);
    expect(missing).toEqual(failed(unauthenticated()));
    fc.assert(
      fc.property(odd, (token) => {
        expect(decide(new Secret(token))).toEqual(missing);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test("as many are told apart when they are the configured ones", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          odd.filter((token) => token !== "" && token.isWellFormed()),
          { minLength: 1, maxLength: 8 },
        ),
        (tokens) => {
          const labels = tokens.map((token) => labelOf(identify("token", token, tokens)));
          expect(labels).toEqual(tokens.map((_, index) => `token-${index + 1}`));
        },
      ),
      { numRuns: 200, seed: 2 },
    );
  });
});

describe("virtual keys", () => {
  const key = (over: Partial<VirtualKey>): VirtualKey => virtualKey({ hash: sha256Hex("sk-rm-one"), ...over });
  const group = (name: string, parent: string | null, allowedTargets: readonly string[] | null): KeyGroup => ({
    name,
    parent,
    allowedTargets,
    limits: NO_LIMITS,
  });
  const start = (...keys: VirtualKey[]) => {
    const ring = createKeyRing();
    ring.update(keys, []);
    let wallMs = 1_000;
    const groups = { top: group("top", null, ["a", "b"]), team: group("team", "top", ["b", "c"]) };
    return { ring, ...createKeyIdentify({ ring, groups, wallMs: () => wallMs }), at: (ms: number) => (wallMs = ms) };
  };
  const isCaller = (identified: Result<Caller>): boolean => identified.ok;

  const refusals: readonly [what: string, over: Partial<VirtualKey>][] = [
    ["disabled", { enabled: false }],
    ["expired at this moment", { expiresMs: 1_000 }],
    ["revoked", { revokedMs: 5 }],
    ["another secret", { hash: sha256Hex("sk-rm-two") }],
  ];
  test("a key is found beside a vendor's, and not beside another key", () => {
    const { identify } = start(key({}));
    const both = (...texts: string[]) => {
      const secrets = texts.map((text) => new Secret(text));
      return isCaller(identifyBy({ kind: "several", secrets }, identify));
    };
    expect([both("sk-ant-other", "sk-rm-one"), both("sk-ant-other", "sk-rm-two")]).toEqual([true, false]);
  });

  for (const [what, over] of refusals) {
    test(`${what}: refused like no credential at all`, () => {
      const { identify, named } = start(key(over));
      const refused = identify(new Secret("sk-rm-one"));
      expect(refused).toEqual(identify(null));
      expect(refused.ok).toBe(false);
      if (what !== "another secret") expect([named("vk_1"), named("alice")]).toEqual([null, null]);
    });
  }

  test("the secret before the last one works until it is over, and a removed key at once no more", () => {
    const { identify, ring, at } = start(
      key({ hash: sha256Hex("new"), previous: { hash: sha256Hex("sk-rm-one"), untilMs: 2_000 } }),
    );
    expect([isCaller(identify(new Secret("new"))), isCaller(identify(new Secret("sk-rm-one")))]).toEqual([true, true]);
    at(2_000);
    expect([isCaller(identify(new Secret("new"))), isCaller(identify(new Secret("sk-rm-one")))]).toEqual([true, false]);
    ring.update([], ["vk_1"]);
    expect(isCaller(identify(new Secret("new")))).toBe(false);
    expect(ring.size()).toBe(0);
  });

  test("what the key and every group above it allow", () => {
    const { named } = start(key({ group: "team", allowedTargets: ["b", "c", "d"] }));
    expect(named("alice")?.allowedTargets).toEqual(["b"]);
    expect(start(key({ group: "team" })).named("vk_1")?.allowedTargets).toEqual(["b"]);
    expect(start(key({})).named("vk_1")?.allowedTargets).toBeNull();
    expect(start(key({ allowedTargets: [] })).named("vk_1")?.allowedTargets).toEqual([]);
  });

  test.each<readonly [string, boolean | null, boolean | null, boolean | null, boolean]>([
    ["nothing is said", null, null, null, true],
    ["the key says off", false, null, null, false],
    ["its group says off", null, false, null, false],
    ["the group above says off", null, null, false, false],
    ["its group says on again", null, true, false, true],
    ["the key says on again", true, false, false, true],
    ["the key says off below a group that says on", false, true, null, false],
  ])("aliases: %s", (_name, own, team, top, expected) => {
    const ring = createKeyRing();
    ring.update([key({ group: "team", aliases: own })], []);
    const groups = {
      top: { ...group("top", null, null), aliases: top },
      team: { ...group("team", "top", null), aliases: team },
    };
    const caller = createKeyIdentify({ ring, groups, wallMs: () => 1 }).named("vk_1");
    expect(caller?.aliases ?? true).toBe(expected);
  });

  test.each<readonly [string, boolean | null, boolean | null, boolean | null, boolean | undefined]>([
    ["nothing is said", null, null, null, undefined],
    ["the key says so", true, false, null, true],
    ["its group says so", null, true, false, true],
    ["the group above says no", null, null, false, false],
  ])("debug: %s", (_name, own, team, top, expected) => {
    const ring = createKeyRing();
    ring.update([key({ group: "team", debug: own })], []);
    const groups = {
      top: { ...group("top", null, null), debug: top },
      team: { ...group("team", "top", null), debug: team },
    };
    expect(createKeyIdentify({ ring, groups, wallMs: () => 1 }).named("vk_1")?.debug).toBe(expected);
  });

  test("who signs is a key's by its id, or by a name that only one has", () => {
    const { named, ring } = start(
      key({}),
      key({ id: "vk_2", hash: sha256Hex("two") }),
      key({ id: "vk_3", name: "bob", hash: sha256Hex("three") }),
    );
    expect([named("vk_2")?.key?.id, named("bob")?.key?.id, named("alice"), named("nobody")]).toEqual([
      "vk_2",
      "vk_3",
      null,
      null,
    ]);
    ring.update([key({ id: "vk_2", name: "carol", hash: sha256Hex("two") })], []);
    expect([named("alice")?.key?.id, named("carol")?.key?.id]).toEqual(["vk_1", "vk_2"]);
  });
});
