/** config.example.yaml: its live part has nothing wrong with it, and live and commented parts together name every key. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { loadFromText } from "../../src/config/load.ts";
import { NOT_YET } from "../../src/config/not-yet.ts";
import { configSchema } from "../../src/config/schema.ts";
import { listKeyPaths } from "../../src/config/schema-walk.ts";
import { brief } from "./harness.ts";

const live = readFileSync(new URL("../../config.example.yaml", import.meta.url), "utf8");
const everything = live.replaceAll(/^#:/gm, "");

const env = {
  RINGMAIN_TOKEN: "test-token-1",
  RINGMAIN_ADMIN_TOKEN: "test-token-2",
  OPENAI_API_KEY: "test-key-1",
  ANTHROPIC_API_KEY: "test-key-2",
  ANTHROPIC_SPARE_KEY: "test-key-3",
};
const readFile = (path: string) => (path.endsWith("anthropic-team") ? "test-key-4\n" : null);

describe("the live part", () => {
  const { deployment, problems } = loadFromText({ config: live, env, readFile });

  test("has no problem, with the built-in catalog", () => expect(problems.map(brief)).toEqual([]));

  test("becomes the lanes and pools it describes", () => {
    expect(Object.keys(deployment?.lanes ?? {})).toEqual([
      "openai/default/gpt",
      "workshop/default/gpt-local",
      "anthropic/personal/sonnet",
      "anthropic/team/sonnet",
      "anthropic/spare/sonnet",
    ]);
    expect(Object.keys(deployment?.targets ?? {})).toEqual(["gpt", "gpt-local", "sonnet", "code", "writing"]);
  });
});

describe("all of it", () => {
  // Forms of one key stand side by side here, so duplicates are expected and the last one is read.
  const tree: unknown = parse(everything, { uniqueKeys: false });

  test("names every key there is", () => {
    const named = new Set(pathsIn(tree, "", new Set(listKeyPaths(configSchema))));
    for (const path of pathsIn(parse(live), "", new Set(listKeyPaths(configSchema)))) named.add(path);
    expect(listKeyPaths(configSchema).filter((path) => !named.has(path))).toEqual([]);
  });

  test("has no key that does not exist, and no value of a wrong type", () => {
    expect(configSchema.safeParse(withoutNulls(tree)).error?.issues ?? []).toEqual([]);
  });

  test("announces every part that is not in this version yet, if it is switched on", () => {
    const parsed = configSchema.parse(withoutNulls(tree));
    const on = { ...parsed, workers: 2, governance: { enabled: true }, idempotency: { enabled: true } };
    expect(NOT_YET.filter((row) => row.find(on).length === 0).map((row) => row.id)).toEqual([]);
  });
});

/** Key paths as the schema spells them; `<name>` wherever the schema says that any name goes. */
function pathsIn(value: unknown, at: string, known: ReadonlySet<string>): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, `${at}[]`, known));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const exact = at === "" ? key : `${at}.${key}`;
    const path = known.has(exact) ? exact : `${at}.<name>`;
    return [path, ...pathsIn(inner, path, known)];
  });
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
