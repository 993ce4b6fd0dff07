// Which lane may stand in for which: from the two files to the answer the client gets. The lane that was asked for fails;
// what is proven to be the same model serves in its stead, everything else is refused.
import { describe, expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";
import type { Deployment } from "../../src/ir/deployment.ts";
import { decisionOf } from "../../src/observability/decision.ts";
import { at, parseJson } from "../../src/std/json.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { answering, bodyText, json, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const CATALOG = `
openai: { protocol: openai, base_url: "https://openai.invalid" }
factory: { protocol: openai, base_url: "https://factory.invalid" }
local: { protocol: openai, base_url: "https://local.invalid" }
models:
  gpt-5.4: { aliases: [factory-gpt-5.4] }
  gpt-5.4-mini: {}
  gpt-5.4-pro: {}
  gpt-5.5: {}
  gpt-5.5-fast: {}
  glm-5.1: {}
  glm-4.6: {}
  claude-opus-4-7: { aliases: [factory-opus] }
  claude-haiku-4-5: {}
  claude-sonnet-4-5: { aliases: [claude-sonnet-4-5-latest] }
  claude-sonnet-4-5-20250929: {}
`;

function deploy(models: string, catalog = CATALOG, providers = ""): Deployment {
  const { deployment, problems } = loadFromText({
    config: `exact_model_failover: true
providers:
  openai: { api_key_env: K }
  factory: { api_key_env: K }
  local: { api_key_env: K }
${providers}models:
${models}`,
    providers: catalog,
    env: { K: "test-key-1" },
  });
  if (deployment === null) throw new Error(problems.map(({ message }) => message).join("\n"));
  return deployment;
}

/** Fails the one that was asked for; every other one answers, under the name it was asked by. */
function failing([provider, upstream]: Row["asked"], how: Answer = refusing(OPENAI_WORDS, "overloaded")): Answer {
  const name = upstream.replaceAll('"', "").trim();
  return (call) => {
    const model = String(at(parseJson(bodyText(call)), "model"));
    const isAsked = model === name && call.url.includes(`//${provider}.invalid`);
    return (isAsked ? how : answering(OPENAI_WORDS, { model }))(call);
  };
}

interface Row {
  readonly name: string;
  /** provider and upstream model that are asked for and fail. */
  readonly asked: readonly [provider: string, upstream: string, more?: string];
  readonly other: readonly [provider: string, upstream: string, more?: string];
  readonly accepted: boolean;
  readonly how?: Answer;
}

const ROWS: readonly Row[] = [
  {
    name: "a vendor's own name with one declared alias",
    asked: ["openai", "gpt-5.4"],
    other: ["factory", "factory-gpt-5.4"],
    accepted: true,
  },
  {
    name: "the other way round, after the account is exhausted",
    asked: ["factory", "factory-gpt-5.4"],
    other: ["openai", "gpt-5.4"],
    accepted: true,
    how: json(402, "{}"),
  },
  {
    name: "an alias of another family",
    asked: ["openai", "claude-opus-4-7"],
    other: ["factory", "factory-opus"],
    accepted: true,
  },
  {
    name: "spaces and upper case",
    asked: ["openai", '" GPT-5.4 "'],
    other: ["factory", "factory-gpt-5.4"],
    accepted: true,
  },
  { name: "a smaller sibling", asked: ["openai", "gpt-5.4"], other: ["factory", "gpt-5.4-mini"], accepted: false },
  { name: "a larger sibling", asked: ["openai", "gpt-5.4"], other: ["factory", "gpt-5.4-pro"], accepted: false },
  { name: "a family", asked: ["openai", "gpt-5.4"], other: ["factory", "gpt-5-family"], accepted: false },
  {
    name: "a class of ability",
    asked: ["openai", "gpt-5.4"],
    other: ["factory", '"openai:standard"'],
    accepted: false,
  },
  {
    name: "somebody's better model of today",
    asked: ["openai", "gpt-5.5"],
    other: ["factory", "glm-5.1"],
    accepted: false,
  },
  { name: "a faster one", asked: ["openai", "gpt-5.5"], other: ["factory", "gpt-5.5-fast"], accepted: false },
  {
    name: "a name nobody declared, alike at both",
    asked: ["openai", "mystery-family"],
    other: ["factory", "mystery-family"],
    accepted: false,
  },
  {
    name: "a name that merely contains it",
    asked: ["openai", "gpt-5.4"],
    other: ["factory", "gpt-5.4-turbo-preview"],
    accepted: false,
  },
  {
    name: "a lesser model of the same account",
    asked: ["openai", "claude-opus-4-7"],
    other: ["openai", "claude-haiku-4-5"],
    accepted: false,
  },
  {
    name: "the operator's own name, with its identity stated",
    asked: ["openai", "my-fast", "canonical: gpt-5.4"],
    other: ["factory", "factory-gpt-5.4"],
    accepted: true,
  },
  {
    name: "a dated name that the catalog keeps apart",
    asked: ["openai", "claude-sonnet-4-5-20250929"],
    other: ["factory", "claude-sonnet-4-5"],
    accepted: false,
  },
  {
    name: "a floating name that the catalog declares",
    asked: ["openai", "claude-sonnet-4-5-latest"],
    other: ["factory", "claude-sonnet-4-5"],
    accepted: true,
  },
  {
    name: "local weights of the same name",
    asked: ["openai", '"gpt-oss:120b-cloud"'],
    other: ["local", '"gpt-oss:120b"'],
    accepted: false,
  },
  {
    name: "local weights, declared to be the same",
    asked: ["openai", '"gpt-oss:120b-cloud"', "canonical: gpt-oss-120b"],
    other: ["local", '"gpt-oss:120b"', "canonical: gpt-oss-120b"],
    accepted: true,
  },
];

const modelLine = (name: string, [provider, upstream, more]: Row["asked"]): string =>
  `  ${name}: { provider: ${provider}, upstream_model: ${upstream}${more === undefined ? "" : `, ${more}`} }\n`;

describe("stands in for a named model", () => {
  test.each(ROWS)("$name: $accepted", async ({ asked, other, accepted, how }) => {
    const deployment = deploy(`${modelLine("wanted", asked)}${modelLine("offered", other)}`);
    const core = createCore({ deployment, answer: failing(asked, how) });
    const got = await core.ask({ protocol: "openai", body: question("openai", { model: "wanted" }) });
    expect(got.status === 200).toBe(accepted);
    const [record] = core.records;
    if (record === undefined) throw new Error("no record");
    const decision = decisionOf(record, deployment, 1);
    expect([decision.served, decision.invariant]).toEqual(
      accepted ? ["same_model", "passed"] : ["none", "unavailable"],
    );
    // Without exact failover it would not have been asked at all.
    expect(core.effects.calls.every(({ url }) => accepted || url.includes(`${asked[0]}.invalid`))).toBe(true);
  });

  test("the same rules hold in a pool that keeps the model", async () => {
    for (const { asked, other, accepted, how } of ROWS) {
      const deployment = deploy(
        `${modelLine("wanted", asked)}${modelLine("offered", other)}pools: { p: { members: [ { target: wanted, weight: 9 }, { target: offered, weight: 1 } ], failover: { keep: [model] } } }\n`,
      );
      const core = createCore({ deployment, answer: failing(asked, how) });
      const got = await core.ask({ protocol: "openai", body: question("openai", { model: "p" }) });
      expect([asked[1], other[1], got.status === 200]).toEqual([asked[1], other[1], accepted]);
      if (!accepted) expect(got.headers["x-ringmain-error"]).toBe("exact_model_unavailable");
    }
  });
});

test("another account of the same model needs no proof", async () => {
  const deployment = deploy(
    "  wanted: { provider: two, upstream_model: nobody-knows-it }\n",
    CATALOG,
    '  two: { protocol: openai, base_url: "https://two.invalid", accounts: [ { id: personal, api_key_env: K }, { id: team, api_key_env: K } ] }\n',
  );
  let calls = 0;
  const core = createCore({
    deployment,
    answer: (call) => (++calls === 1 ? json(402, "{}")(call) : answering(OPENAI_WORDS)(call)),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai", { model: "wanted" }) });
  expect([got.status, got.headers["x-ringmain-lane"], got.headers["x-ringmain-switch"]]).toEqual([
    200,
    "two/team/wanted",
    "from=two/personal/wanted; to=two/team/wanted; reason=billing; tier=same",
  ]);
});

test("a word that two models claim is refused when the catalog is read", () => {
  const catalog = `${CATALOG}  o4-mini: { aliases: [duo-family] }\n  gpt-4o: { aliases: [duo-family] }\n`;
  expect(() => deploy("  a: { provider: openai, upstream_model: duo-family }\n", catalog)).toThrow("duo-family");
});

test("a model nobody else has: its own failure is the answer, and nothing stands in", async () => {
  const core = createCore({
    deployment: deploy(
      "  glm: { provider: openai, upstream_model: glm-4.6 }\n  other: { provider: factory, upstream_model: glm-5.1 }\n",
    ),
    answer: refusing(OPENAI_WORDS, "overloaded"),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai", { model: "glm" }) });
  expect(got.status).toBe(503);
  expect(core.effects.calls).toHaveLength(1);
});

describe("a vendor that answers with another model", () => {
  const substituted = answering(OPENAI_WORDS, { model: "core-substitute" });
  const models = (identity: string): string =>
    `  wanted: { provider: factory, upstream_model: factory-gpt-5.4, identity: ${identity} }\n`;

  test.each([true, false])("is recorded as a broken promise (stream %p)", async (stream) => {
    const deployment = deploy(models("record"));
    const core = createCore({ deployment, answer: substituted });
    const got = await core.ask({ protocol: "openai", body: question("openai", { model: "wanted", stream }) });
    expect(got.status).toBe(200);
    const [record] = core.records;
    if (record === undefined) throw new Error("no record");
    const decision = decisionOf(record, deployment, 1);
    expect([decision.invariant, decision.attempts[0]?.reported_model, decision.attempts[0]?.reported_other]).toEqual([
      "failed",
      "core-substitute",
      true,
    ]);
  });

  test.each([true, false])("is refused before its first byte where identity is strict (stream %p)", async (stream) => {
    const deployment = deploy(models("strict"));
    const core = createCore({ deployment, answer: substituted });
    const got = await core.ask({ protocol: "openai", body: question("openai", { model: "wanted", stream }) });
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([502, "wrong_model"]);
    expect(got.text).not.toContain("core-substitute");
    const [record] = core.records;
    if (record === undefined) throw new Error("no record");
    expect(decisionOf(record, deployment, 1)).toMatchObject({ served: "none", invariant: "failed" });
  });
});
