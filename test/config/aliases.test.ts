// Aliases in a configuration: what `check` refuses, and what every name leads to once it is resolved.
import { describe, expect, test } from "bun:test";
import { findAlias } from "../../src/routing/alias.ts";
import { findTarget } from "../../src/routing/target.ts";
import { BASE, brief, CATALOG, deploy, load } from "./harness.ts";

const withAliases = (text: string, more = "") =>
  `${BASE}${more}pools:\n  fast: { members: [{ target: small }] }\naliases: ${text}\n`;

describe("what check says", () => {
  test.each<[string, string, string[]]>([
    ["an exact name and a pattern", '{ helper: fast, "*": big }', []],
    [
      "a model's own name",
      "{ Small: big }",
      [
        "error aliases.Small: is the name of a model, which is always meant by it; remove the alias or rename the model",
      ],
    ],
    [
      "a pool's own name",
      "{ fast: big }",
      ["error aliases.fast: is the name of a pool, which is always meant by it; remove the alias or rename the pool"],
    ],
    [
      "a target that is not there",
      "{ helper: smal }",
      ['error aliases.helper: must lead to a model or a pool, and there is none of that name; did you mean "small"?'],
    ],
    [
      "an alias of an alias",
      "{ one: two, two: fast }",
      ["error aliases.one: leads to another alias, and aliases are resolved once; write the name of a model or a pool"],
    ],
    [
      "itself",
      "{ one: ONE }",
      ["error aliases.one: leads back to itself, and aliases are resolved once; write the name of a model or a pool"],
    ],
    [
      "a loop",
      "{ one: two, two: one }",
      ["one", "two"].map(
        (name) =>
          `error aliases.${name}: leads back to itself, and aliases are resolved once; write the name of a model or a pool`,
      ),
    ],
    [
      "a place",
      "{ acme/x: fast }",
      [
        "error aliases.acme/x: begins with the name of a provider, and acme/… is always a place there; choose another name",
      ],
    ],
    [
      "a name twice",
      "{ Helper: fast, helper: big }",
      ["error aliases.helper: stands here twice, for capitals do not count; remove one of them"],
    ],
    ["no name", '{ " ": fast }', ['error aliases." ": has an empty name; give it one']],
  ])("%s", (_, aliases, problems) => {
    expect(load(withAliases(aliases)).problems.map(brief).toSorted()).toEqual(problems.toSorted());
  });

  test.each([
    ["identity", "identity: strict\n", "fast"],
    ["exact failover", "exact_model_failover: true\n", "big"],
  ])("a pattern to what promises %s is warned of", (_, line, target) => {
    const found = load(withAliases(`{ "g*": ${target} }`, line)).problems.map(brief);
    expect(found.filter((each) => each.includes("aliases"))).toEqual([
      "warning aliases.g*: leads to what promises the exact model, which a pattern cannot ask for; write whole names",
    ]);
  });
});

describe("what a name leads to", () => {
  const catalog = `${CATALOG.replace("models:", 'cloud: { protocol: openai, base_url: "https://cloud.invalid", model_suffixes: [":cloud", "-cloud"] }\nmodels:\n  acme-big-family: { aliases: [big-1] }\n  acme-two-family: { aliases: [big-1, small-1] }\n  acme-none-family: {}\n  acme-new-family: { aliases: [new-9] }')}`;
  const deployment = deploy(
    `
providers:
  acme: { api_key_env: ACME_KEY }
  beta: { api_key_env: BETA_KEY }
  cloud: { api_key_env: ACME_KEY }
  local: {}
models:
  big: { provider: acme, upstream_model: big-1 }
  small: { provider: beta, upstream_model: small-1 }
  SMALL-1: { provider: acme, upstream_model: small-1 }
  oss: { provider: cloud, upstream_model: "gpt-oss:120b-cloud" }
  "seek:CLOUD": { provider: cloud }
  twin-a: { provider: cloud, upstream_model: twin }
  twin-b: { provider: cloud, upstream_model: "twin:cloud" }
  new: { provider: beta, upstream_model: acme-new-family }
  here: { provider: local, upstream_model: "gpt-oss:20b" }
pools: { fast: { members: [{ target: small }] } }
aliases: { Helper: fast, "claude-*": fast, "claude-haiku-*": small, "*-x": big }
`,
    { catalog },
  );
  test.each([
    ["by an alias", "helper", "fast written"],
    ["in any case and with space around", " HELPER ", "fast written"],
    ["by a pattern", "claude-opus-5", "fast pattern"],
    ["by the longest pattern", "claude-haiku-4-5", "small pattern"],
    ["by the id of its catalog", "big-1", "big catalog"],
    ["by an alias of its catalog", "BIG-ONE", "big catalog"],
    ["by its one wrapper", "acme-big-family", "big catalog"],
    ["not by a wrapper of two", "acme-two-family", null],
    ["not by a wrapper of none", "acme-none-family", null],
    ["by what alone its wrapper names", "new-9", "new catalog"],
    ["by its own name before another of the same model", "small-1", "SMALL-1 spelling"],
    ["by its own name in other letters", "Big", "big spelling"],
    ["by the ending of its provider", "gpt-oss:120b:cloud", "oss suffix"],
    ["by another ending of its provider", "gpt-oss:120b-cloud", "oss suffix"],
    ["without an ending, where one has it", "seek", "seek:CLOUD suffix"],
    ["not without one, where two have it", "twin", null],
    ["not by an ending inside", "gpt-oss-cloud:120b", null],
    ["not by what another provider calls its model", "gpt-oss:20b", null],
    ["not by a place at a provider", "acme/claude-haiku-x", null],
    ["not by what is inherited by every object", "__proto__", null],
    ["not by anything else", "other", null],
  ])("%s", (_, asked, expected) => {
    expect(findTarget(deployment, asked)).toBeNull();
    const found = findAlias(deployment, asked, "all");
    expect(found === null ? null : `${found.target.name} ${found.by}`).toBe(expected);
  });

  test("an ending is left away upstream, once, and what is left names the model", () => {
    const lane = (id: string) => deployment.lanes[id];
    expect(lane("cloud/default/oss")).toMatchObject({
      upstreamModel: "gpt-oss:120b",
      canonical: { id: "gpt-oss:120b", proven: false },
    });
    expect(lane("cloud/default/seek:CLOUD")?.upstreamModel).toBe("seek");
    expect(lane("beta/default/new")?.canonical).toEqual({ id: "new-9", proven: true });
    const problems = load(
      `providers: { cloud: { api_key_env: ACME_KEY } }\nmodels: { ":cloud": { provider: cloud } }\n`,
      {
        catalog,
      },
    ).problems;
    expect(problems.map(brief)).toEqual([
      "error models.:cloud: is nothing but an ending that its provider leaves away; write upstream_model",
    ]);
  });
});

test("where weights may be smaller ones, a name proves no model, and canonical does", () => {
  const deployment = deploy(`
providers:
  acme: { api_key_env: ACME_KEY }
  local: { proves_models: false }
models:
  big-1: { provider: acme }
  here: { provider: local, upstream_model: big-1 }
  said: { provider: local, upstream_model: big-1, canonical: big-1 }
`);
  expect(Object.values(deployment.lanes).map(({ canonical, capabilities }) => [canonical, capabilities.tier])).toEqual([
    [{ id: "big-1", proven: true }, "frontier"],
    [{ id: "big-1", proven: false }, "frontier"],
    [{ id: "big-1", proven: true }, "frontier"],
  ]);
});
