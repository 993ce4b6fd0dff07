// The recipes on the page about routing load as they stand, with nothing to warn of but the protocols they mix.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { brief, load } from "./harness.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/routing.md");
const CATALOG = read("providers.yaml");
const RECIPES = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);

test("there are three", () => expect(RECIPES).toHaveLength(3));

test.each(RECIPES)("%#", (text) => {
  const env = Object.fromEntries([...text.matchAll(/api_key_env: (\w+)/g)].map(([, name = ""]) => [name, "k"]));
  const { problems, deployment } = load(text, { catalog: CATALOG, env });
  expect(problems.map(brief).filter((each) => !each.includes("speak different protocols"))).toEqual([]);
  expect(Object.values(deployment?.targets ?? {}).some(({ kind }) => kind === "pool")).toBe(true);
});

test("the first one lets a request try all five accounts, and keeps sessions", () => {
  const { deployment } = load(RECIPES[0] ?? "", {
    catalog: CATALOG,
    env: { ANTHROPIC_TEAM: "k", ANTHROPIC_OWN: "k", OPENAI_KEY: "k", GEMINI_KEY: "k", DEEPSEEK_KEY: "k" },
  });
  const pool = deployment?.targets["smart"];
  expect(pool?.members.flatMap(({ lanes }) => lanes)).toHaveLength(5);
  expect([pool?.failover.cap, pool?.failover.prefer, pool?.affinity?.ttlMs]).toEqual([4, "same-model", 3_600_000]);
});
