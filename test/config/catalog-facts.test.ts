/**
 * The shipped catalog checked as data: every entry is reachable, sourced and spelled with words the program knows, and no
 * id stands for two models. Comparing with an outside database of facts is optional: RINGMAIN_MODEL_FACTS names its file.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { MODALITIES, TIERS } from "../../src/ir/capability.ts";
import { ERROR_CLASSES } from "../../src/known.ts";

type Fields = Readonly<Record<string, unknown>>;

const MODELS_KEY = "models";
const PROTOCOLS = ["anthropic", "openai", "responses", "gemini", "bedrock", "cohere"];
const AUTH_STYLES = ["bearer", "api-key"];
const PROVIDER_KEYS = [
  ...[
    "protocol",
    "protocols",
    "base_url",
    "path",
    "auth",
    "error_map",
    "health",
    "allow_private",
    "headers",
    "key_env",
    "retention",
  ],
  ...["seals", "model_suffixes", "proves_models", "models_path", "key_path", "dialect", "carrier", "source", "read"],
];
const MODEL_KEYS = ["aliases", "capabilities", "dialect", "source", "read"];
const FAMILIES_KEY = "families";
const BOOLEAN_CAPABILITIES = ["tools", "structured_output", "reasoning"];
const CAPABILITY_KEYS = [
  ...["context_window", "max_output_tokens", "input", "output", "tier"],
  ...BOOLEAN_CAPABILITIES,
];
/** Tokens. Wider than any window sold today, so that a slipped digit shows. */
const WINDOW_MAX = 20_000_000;

/** Names that configurations of rc.3 use; removing one would break them. */
const RC3_NAMES = [
  ...["anthropic", "z.ai", "openai", "groq", "zai-api", "together", "fireworks", "deepseek", "mistral", "xai"],
  ...["openrouter", "cerebras", "deepinfra", "moonshot", "meta-llama", "nvidia-nim", "sambanova", "hyperbolic"],
  ...["novita", "nebius", "lambda", "featherless", "friendliai", "scaleway", "ovhcloud", "nscale", "gmi", "baseten"],
  ...["chutes", "dashscope", "minimax", "sarvam", "aimlapi", "cometapi", "nano-gpt", "publicai", "synthetic", "wandb"],
  ...["responses", "gemini", "bedrock", "cohere"],
];

const catalogText = readFileSync(new URL("../../providers.yaml", import.meta.url), "utf8");
const catalog = fieldsOf(parse(catalogText), "providers.yaml");
const models = Object.entries(fieldsOf(catalog[MODELS_KEY], MODELS_KEY));
const providers = Object.entries(catalog).filter(([name]) => name !== MODELS_KEY && name !== FAMILIES_KEY);

describe("providers of the shipped catalog", () => {
  test("there are enough of them", () => expect(providers.length).toBeGreaterThanOrEqual(54));

  test("rc.3 names are 42, all different", () => expect(new Set(RC3_NAMES).size).toBe(42));

  test.each(RC3_NAMES)("%s is there", (name) => expect(providers.map(([each]) => each)).toContain(name));

  test.each(providers)("%s has no fault", (name, entry) => expect(providerFaults(fieldsOf(entry, name))).toEqual([]));

  test("whoever speaks to this machine says so, and nobody else does", () => {
    const local = providers.filter(([name, entry]) => isLoopback(fieldsOf(entry, name)["base_url"]));
    const allowed = providers.filter(([name, entry]) => fieldsOf(entry, name)["allow_private"] === true);
    expect(local.map(([name]) => name)).toEqual(allowed.map(([name]) => name));
    expect(local.map(([name]) => name)).toContain("ollama");
  });
});

describe("families of the shipped catalog", () => {
  const ids = models.map(([id]) => id.slice(id.lastIndexOf("/") + 1).toLowerCase());
  test.each(listOf(catalog[FAMILIES_KEY]).map((each) => [each]))("%j has a source and fits a known model", (row) => {
    const family = fieldsOf(row, FAMILIES_KEY);
    expect(provenanceFaults(family)).toEqual([]);
    expect(Object.keys(fieldsOf(family["dialect"], "dialect")).length).toBeGreaterThan(0);
    const patterns = listOf(family["models"]).map((each) => textOf(each).split("*").map(RegExp.escape).join(".*"));
    expect(ids.some((id) => patterns.some((pattern) => new RegExp(`^${pattern}$`).test(id)))).toBe(true);
  });
});

describe("models of the shipped catalog", () => {
  test("there are enough of them", () => expect(models.length).toBeGreaterThanOrEqual(90));

  test.each(models)("%s has no fault", (id, entry) => expect(modelFaults(id, fieldsOf(entry, id))).toEqual([]));

  test("no id stands for two models", () => expect(sharedIds(models)).toEqual([]));

  test("every tier is in use", () => {
    const tiers = models.map(([id, entry]) => fieldsOf(fieldsOf(entry, id)["capabilities"], id)["tier"]);
    expect([...new Set(tiers)].sort()).toEqual([...TIERS].sort());
  });
});

describe("what the checks above would catch", () => {
  const soundProvider = { protocol: "openai", base_url: "https://vendor.invalid", source: "page", read: "2026-11-21" };
  test("a sound provider passes", () => expect(providerFaults(soundProvider)).toEqual([]));
  test.each([
    ["a key nobody reads", { color: "blue" }, "unknown key color"],
    ["a protocol nobody speaks", { protocol: "telex" }, "protocol telex"],
    ["plain http", { base_url: "http://vendor.invalid" }, "base_url http://vendor.invalid"],
    ["a trailing slash", { base_url: "https://vendor.invalid/" }, "base_url https://vendor.invalid/"],
    ["a query in the base", { base_url: "https://vendor.invalid?a=b" }, "base_url https://vendor.invalid?a=b"],
    ["a relative path", { path: "chat/completions" }, "path chat/completions"],
    ["an unknown error class", { error_map: { E1: "tired" } }, "error_map E1: tired"],
    ["an unknown way to send the key", { auth: "basic" }, "auth basic"],
    ["a key variable with a space", { key_env: ["MY KEY"] }, "key_env MY KEY"],
    ["no source", { source: "" }, "source "],
    ["a day that does not exist", { read: "2026-02-30" }, "read 2026-02-30"],
  ])("%s", (_, change, fault) => expect(providerFaults({ ...soundProvider, ...change })).toEqual([fault]));

  const capabilities = {
    context_window: 1000,
    max_output_tokens: 100,
    input: ["text"],
    output: ["text"],
    tier: "fast",
  };
  const soundModel = { aliases: ["vendor/m"], capabilities, source: "page", read: "2026-11-21" };
  test("a sound model passes", () => expect(modelFaults("m", soundModel)).toEqual([]));
  test.each([
    ["a longer answer than the window", { max_output_tokens: 1001 }, "max_output_tokens 1001 of 1000"],
    ["a window that is no number of tokens", { context_window: 1000.5 }, "context_window 1000.5"],
    ["a kind of input nobody has", { input: ["smell"] }, "input smell"],
    ["a word for a yes", { tools: "yes" }, "tools yes"],
    ["an unknown tier", { tier: "cosmic" }, "tier cosmic"],
    ["an unknown capability", { flight: true }, "unknown key flight"],
  ])("%s", (_, change, fault) => {
    expect(modelFaults("m", { ...soundModel, capabilities: { ...capabilities, ...change } })).toEqual([fault]);
  });

  test.each([
    ["one alias at two models", ["x"], ["x"], ["x"]],
    ["an alias that is another model", ["second"], [], ["second"]],
    ["the same but for capitals", ["Vendor/X"], ["vendor/x"], ["vendor/x"]],
    ["nothing shared", ["x"], ["y"], []],
  ])("%s", (_, first, second, shared) => {
    expect(sharedIds(Object.entries({ first: { aliases: first }, second: { aliases: second } }))).toEqual(shared);
  });
});

const factsPath = process.env["RINGMAIN_MODEL_FACTS"];
const where = factsPath === undefined ? " (skipped: RINGMAIN_MODEL_FACTS names no file of model facts)" : "";

test.skipIf(factsPath === undefined)(`models that name a database entry agree with it${where}`, () => {
  const rows: unknown = JSON.parse(readFileSync(factsPath ?? "", "utf8"));
  const facts = new Map(
    listOf(rows)
      .map((row) => fieldsOf(row, "facts"))
      .map((row) => [`${row["p"]}/${row["id"]}`, row]),
  );
  const compared = models.flatMap(([id, entry]) => {
    const row = facts.get(textOf(fieldsOf(entry, id)["source"]).replace("models.dev database entry ", ""));
    return row === undefined ? [] : [{ id, row, known: fieldsOf(fieldsOf(entry, id)["capabilities"], id) }];
  });
  expect(compared.length).toBeGreaterThanOrEqual(90);
  const pairs = [
    ["context_window", "ctx"],
    ["max_output_tokens", "out"],
  ] as const;
  const differing = compared.flatMap(({ id, row, known }) =>
    pairs.flatMap(([ours, theirs]) =>
      known[ours] === undefined || known[ours] === row[theirs] ? [] : [`${id} ${ours}`],
    ),
  );
  expect(differing).toEqual([]);
});

/** Sentences about what is wrong with one provider; empty: nothing. */
function providerFaults(entry: Fields): string[] {
  const errorMap = Object.entries(fieldsOf(entry["error_map"] ?? {}, "error_map"));
  const keyNames = listOf(entry["key_env"] ?? ["UNKNOWN"]).map(textOf);
  const baseUrl = textOf(entry["base_url"]);
  return [
    ...unknownKeys(entry, PROVIDER_KEYS),
    ...listOf(entry["protocols"] ?? [entry["protocol"]]).flatMap((each) =>
      faultUnless(PROTOCOLS.includes(textOf(each)), `protocol ${each}`),
    ),
    ...faultUnless(isBaseUrl(baseUrl, entry["allow_private"] === true), `base_url ${baseUrl}`),
    ...faultUnless(/^\/\S+$/.test(textOf(entry["path"] ?? "/default")), `path ${entry["path"]}`),
    ...faultUnless(AUTH_STYLES.includes(textOf(entry["auth"] ?? "bearer")), `auth ${entry["auth"]}`),
    ...errorMap.flatMap(([code, name]) => faultUnless(isOneOf(ERROR_CLASSES, name), `error_map ${code}: ${name}`)),
    ...faultUnless(keyNames.length > 0, "key_env empty"),
    ...keyNames.flatMap((name) => faultUnless(/^[A-Z][A-Z0-9_]*$/.test(name), `key_env ${name}`)),
    ...provenanceFaults(entry),
  ];
}

function modelFaults(id: string, entry: Fields): string[] {
  const known = fieldsOf(entry["capabilities"], id);
  const { context_window: window, max_output_tokens: output } = known;
  const fits = typeof window !== "number" || typeof output !== "number" || output <= window;
  return [
    ...unknownKeys(entry, MODEL_KEYS),
    ...unknownKeys(known, CAPABILITY_KEYS),
    ...faultUnless(id === id.toLowerCase(), `id ${id} has capitals`),
    ...listOf(entry["aliases"] ?? []).flatMap((alias) => faultUnless(/^\S+$/.test(textOf(alias)), `alias ${alias}`)),
    ...faultUnless(window === undefined || isTokenCount(window), `context_window ${window}`),
    ...faultUnless(output === undefined || isTokenCount(output), `max_output_tokens ${output}`),
    ...faultUnless(fits, `max_output_tokens ${output} of ${window}`),
    ...modalityFaults("input", known),
    ...modalityFaults("output", known),
    ...BOOLEAN_CAPABILITIES.filter((key) => !["boolean", "undefined"].includes(typeof known[key])).map(
      (key) => `${key} ${known[key]}`,
    ),
    ...faultUnless(isOneOf(TIERS, known["tier"]), `tier ${known["tier"]}`),
    ...provenanceFaults(entry),
  ];
}

/** Ids, in small letters, that more than one model answers to. One model may write an id in two ways. */
function sharedIds(entries: readonly (readonly [string, unknown])[]): string[] {
  const claims = entries.flatMap(([id, entry]) => {
    const names = [id, ...listOf(fieldsOf(entry, id)["aliases"] ?? []).map(textOf)];
    return [...new Set(names.map((name) => name.toLowerCase()))];
  });
  const repeated = claims.filter((name, index) => claims.indexOf(name) !== index);
  const exactRepeats = entries.flatMap(([id, entry]) => {
    const names = listOf(fieldsOf(entry, id)["aliases"] ?? []).map(textOf);
    return names.filter((name, index) => names.indexOf(name) !== index || name === id);
  });
  return [...repeated, ...exactRepeats];
}

function modalityFaults(key: string, known: Fields): string[] {
  return listOf(known[key] ?? []).flatMap((word) => faultUnless(isOneOf(MODALITIES, word), `${key} ${word}`));
}

function provenanceFaults(entry: Fields): string[] {
  const read = textOf(entry["read"]);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(read) && new Date(`${read}T00:00:00Z`).toJSON()?.startsWith(read) === true;
  return [
    ...faultUnless(textOf(entry["source"]).trim() !== "", `source ${entry["source"]}`),
    ...faultUnless(isDay, `read ${read}`),
  ];
}

function isBaseUrl(text: string, mayBePrivate: boolean): boolean {
  const url = URL.parse(text);
  const scheme = mayBePrivate ? ["https:", "http:"] : ["https:"];
  return (
    url !== null &&
    scheme.includes(url.protocol) &&
    !text.endsWith("/") &&
    !/[?#@\s]/.test(text) &&
    text === text.trim()
  );
}

function isLoopback(baseUrl: unknown): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(URL.parse(textOf(baseUrl))?.hostname ?? "");
}

function isTokenCount(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= WINDOW_MAX;
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === "string" && words.includes(value);
}

function unknownKeys(entry: Fields, allowed: readonly string[]): string[] {
  return Object.keys(entry)
    .filter((key) => !allowed.includes(key))
    .map((key) => `unknown key ${key}`);
}

function faultUnless(sound: boolean, fault: string): string[] {
  return sound ? [] : [fault];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : `not text: ${String(value)}`;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`expected a list, got ${String(value)}`);
  return value;
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError(`${where} is not a map`);
  return Object.fromEntries(Object.entries(value));
}
