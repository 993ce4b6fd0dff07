/** `ringmain init`: the file it writes has no error, holds no key, and is never written over another one by accident. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { init } from "../../src/cli/init.ts";
import { renderConfig } from "../../src/cli/init-file.ts";
import { lookAround } from "../../src/cli/init-look.ts";
import { AGENT_NAMES, GEOGRAPHIES, GEOGRAPHY, STARTERS } from "../../src/cli/init-models.ts";
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { listedDoors } from "../../src/config/doors.ts";
import { loadFromText } from "../../src/config/load.ts";
import { PROTOCOL_IDS } from "../../src/known.ts";
import { findAlias } from "../../src/routing/alias.ts";
import { goldensBeside } from "../harness/golden-folder.ts";
import { captured } from "./captured.ts";

const root = mkdtempSync(join(tmpdir(), "ringmain-init-"));
afterAll(() => rmSync(root, { recursive: true }));

const catalog = embeddedCatalog();

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = mkdtempSync(join(root, "run-")),
) {
  return { ...(await captured({ env, cwd }, (io) => init(args, io))), cwd };
}

const read = (cwd: string, name = "config.yaml") => readFileSync(join(cwd, name), "utf8");

describe("with keys in the environment", () => {
  const env = {
    ANTHROPIC_API_KEY: "test-key-1",
    OPENAI_API_KEY: "test-key-2",
    HF_TOKEN: "test-key-3",
  };

  test("writes a file that has no error and serves smart and fast", async () => {
    const { code, out, err, cwd } = await run([], env);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const text = read(cwd);
    const { deployment, problems } = loadFromText({ config: text, env });
    expect(problems.filter((problem) => problem.severity === "error")).toEqual([]);
    expect(deployment?.auth).toMatchObject({ mode: "token" });
    expect(deployment?.listen.host).toBe("127.0.0.1");
    expect(deployment?.targets["smart"]?.members).toHaveLength(2);
    expect(deployment?.targets["fast"]?.failover.keep).toEqual(["tier"]);
    expect(Object.values(deployment?.lanes ?? {}).every((lane) => lane.canonical.proven)).toBe(true);
    expect(`${text}${out}`).not.toContain("test-key");
    expect(text).toContain("# huggingface (HF_TOKEN) is known");
  });

  test("of two providers with one key, only the first is written", async () => {
    const { cwd } = await run([], { OPENAI_API_KEY: "test-key-2" });
    const text = read(cwd);
    const { deployment } = loadFromText({ config: text, env: { OPENAI_API_KEY: "test-key-2" } });
    expect([...new Set(Object.values(deployment?.lanes ?? {}).map((lane) => lane.provider))]).toEqual(["openai"]);
    expect(text).not.toContain("responses");
  });

  test("the token is new each time, shown once and readable by its owner alone", async () => {
    const [first, second] = [await run([], env), await run([], env)];
    const tokens = [first, second].map(({ out }) => /rm-[0-9a-f]{40}/.exec(out)?.[0] ?? "");
    expect(new Set(tokens).size).toBe(2);
    expect(read(first.cwd)).toContain(`"\${RINGMAIN_TOKEN:-${tokens[0]}}"`);
    expect(statSync(join(first.cwd, "config.yaml")).mode & 0o077).toBe(0);
  });

  test("never overwrites, unless told", async () => {
    const { cwd } = await run([], env);
    const before = read(cwd);
    expect(await run([], env, cwd)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("--force") });
    expect(read(cwd)).toBe(before);
    expect(await run(["--force"], env, cwd)).toMatchObject({ code: 0 });
    expect(read(cwd)).not.toBe(before);
    expect(readdirSync(cwd)).toEqual(["config.yaml"]);
  });

  test("writes where it is told, and says so when it cannot", async () => {
    const { code, cwd } = await run(["--config", "other.yaml"], env);
    expect({ code, files: readdirSync(cwd) }).toEqual({ code: 0, files: ["other.yaml"] });
    writeFileSync(join(cwd, "plain"), "");
    expect(await run(["--config", "plain/x.yaml"], env, cwd)).toMatchObject({
      code: 1,
      err: expect.stringContaining("could not be written"),
    });
  });
});

test("without keys it writes a file that explains, and that loads", async () => {
  const { code, out, cwd } = await run([], { OPENAI_API_KEY: "  " });
  expect(code).toBe(0);
  expect(out).toContain("No vendor's key that a starting model is known for was found");
  const text = read(cwd);
  expect(text).toContain("ANTHROPIC_API_KEY");
  expect(loadFromText({ config: text, env: {} }).deployment).not.toBeNull();
  // The pattern in its comments is a configuration too.
  const pattern = text
    .split("\n")
    .filter((line) => /^#\s{3,}/.test(line))
    .map((line) => line.replace(/^#\s{3}/, ""))
    .slice(0, 6)
    .join("\n");
  expect(loadFromText({ config: pattern, env: { ANTHROPIC_API_KEY: "test-key-1" } }).problems).toEqual([]);
});

describe("starting models", () => {
  const rows = Object.entries(STARTERS).flatMap(([provider, starter]) =>
    (["smart", "fast"] as const).flatMap((kind) =>
      starter[kind].length === 0
        ? []
        : [{ provider, ids: starter[kind], tier: kind === "smart" ? "frontier" : "fast" }],
    ),
  );

  test.each(rows)("$provider: $ids is known everywhere and of its tier", ({ ids, tier }) => {
    for (const [, geography] of GEOGRAPHIES) {
      const known = ids.flatMap((id) => catalog.findModel(id.replace(GEOGRAPHY, geography)) ?? []);
      expect(known.length).toBeGreaterThan(0);
      for (const { model } of known) expect(model.capabilities).toMatchObject({ tier, tools: true });
    }
  });

  test("every provider can be spoken to and names its variables", () => {
    const spoken: readonly string[] = PROTOCOL_IDS;
    const wrong = Object.keys(STARTERS).filter(
      (name) =>
        !listedDoors(catalog.providers.get(name) ?? {}).some(({ protocol }) => spoken.includes(protocol)) ||
        !catalog.providers.get(name)?.key_env?.length,
    );
    expect(wrong).toEqual([]);
  });

  test("with every vendor's key at once the file still has no error", async () => {
    const names = [...catalog.providers.values()].flatMap((provider) => provider.key_env ?? []);
    const env = Object.fromEntries(names.map((name) => [name, "test-key-1"]));
    const found = await lookAround(catalog, { env });
    expect(found.used.map((each) => each.provider)).toEqual(Object.keys(STARTERS));
    const { deployment, problems } = loadFromText({ config: renderConfig(found, "rm-test", () => false), env });
    expect(problems.filter((problem) => problem.severity === "error")).toEqual([]);
    expect(Object.keys(deployment?.lanes ?? {})).toHaveLength(rows.length);
  });
});

test.each([[["--forse"]], [["--config"]], [["x"]]])("%p is wrong usage", async (args) => {
  expect(await run(args, {})).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage: ringmain init") });
});

const TAGS = JSON.stringify({
  models: [
    { name: "llama3.2:latest", size: 1, details: { family: "llama" } },
    { name: "gpt-oss:20b", size: 1 },
    { name: "gpt-oss:120b-cloud", size: 1 },
    { name: "glm-5.3:latest", size: 1 },
    { name: "nomic-embed-text:latest", size: 1 },
    { name: 'odd": }\n', size: 1 },
    { size: 1 },
  ],
});

describe("the file for what is there", () => {
  const { expectGolden } = goldensBeside(import.meta.url);
  const key = "secret-key-9";
  const ROWS: readonly [string, Readonly<Record<string, string>>, string | null][] = [
    ["nothing", {}, null],
    ["anthropic", { ANTHROPIC_API_KEY: key }, null],
    ["three-vendors", { ANTHROPIC_API_KEY: key, OPENAI_API_KEY: key, GOOGLE_API_KEY: key }, null],
    ["cohere", { CO_API_KEY: key }, null],
    ["groq", { GROQ_API_KEY: key }, null],
    ["aws", { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: key }, null],
    [
      "aws-region",
      { AWS_BEARER_TOKEN_BEDROCK: key, AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "us-west-2" },
      null,
    ],
    [
      "aws-default-region",
      { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: key, AWS_REGION: 'x" }', AWS_DEFAULT_REGION: "ap-northeast-1" },
      null,
    ],
    ["aws-elsewhere", { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: key, AWS_REGION: "sa-east-1" }, null],
    [
      "azure",
      {
        AZURE_OPENAI_API_KEY: key,
        AZURE_OPENAI_ENDPOINT: "https://Acme.openai.azure.com/",
        AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5.4",
      },
      null,
    ],
    ["azure-resource", { AZURE_API_KEY: key, AZURE_RESOURCE_NAME: "acme", OPENAI_API_KEY: key }, null],
    [
      "azure-without-place",
      { AZURE_API_KEY: key, AZURE_OPENAI_ENDPOINT: `https://user:${key}@acme.invalid`, OPENAI_API_KEY: key },
      null,
    ],
    ["ollama", {}, TAGS],
    ["ollama-and-vendor", { ZAI_API_KEY: key, OLLAMA_HOST: "0.0.0.0:11500" }, TAGS],
    ["ollama-elsewhere", { OLLAMA_HOST: "192.0.2.7" }, TAGS],
    ["ollama-other-program", {}, "<html>"],
  ];
  test.each(ROWS)("%s", async (name, env, tags) => {
    const asked: string[] = [];
    const getLocal = (url: string): Promise<string | null> => {
      asked.push(url);
      return Promise.resolve(tags);
    };
    const found = await lookAround(catalog, { env, getLocal });
    const text = renderConfig(found, "rm-test", (id) => catalog.findModel(id) !== null);
    expect(text).not.toContain(key);
    expect(asked.every((url) => url.startsWith("http://127.0.0.1:"))).toBe(true);
    const { deployment, problems } = loadFromText({ config: text, env });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    for (const target of Object.values(deployment?.targets ?? {})) {
      if (target.kind === "pool") expect([target.name, target.select]).toEqual([target.name, "ordered"]);
    }
    expectGolden(`init-${name}.yaml`, text);
  });
});

test("names that agents ask for lead somewhere, whatever was found", async () => {
  const asked = [
    ...["claude-haiku-4-5-20251001", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5@20251001"],
    ...[
      "claude-opus-5-5",
      "claude-sonnet-4-5",
      "gemini-3.5-flash-lite",
      "gemini-3.1-pro-preview",
      "gpt-4o-mini",
      "gpt-5-nano",
    ],
  ];
  for (const variable of ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY", "DEEPSEEK_API_KEY"]) {
    const env = { [variable]: "secret-key-9" };
    const text = renderConfig(await lookAround(catalog, { env }), "rm-test", () => false);
    const { deployment } = loadFromText({ config: text, env });
    if (deployment === null) throw new Error(text);
    const lost = asked.filter(
      (name) => deployment.targets[name] === undefined && findAlias(deployment, name, "all") === null,
    );
    expect([variable, lost]).toEqual([variable, []]);
  }
  expect(AGENT_NAMES.map(({ pattern }) => pattern)).toContain("*claude-haiku-*");
});
