/** `ringmain init`: the file it writes has no error, holds no key, and is never written over another one by accident. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { init, lookAround, renderConfig } from "../../src/cli/init.ts";
import { STARTERS } from "../../src/cli/init-models.ts";
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { listedDoors } from "../../src/config/doors.ts";
import { loadFromText } from "../../src/config/load.ts";
import { PROTOCOL_IDS } from "../../src/known.ts";
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
      starter[kind] === null ? [] : [{ provider, id: starter[kind], tier: kind === "smart" ? "frontier" : "fast" }],
    ),
  );

  test.each(rows)("$provider: $id is known and of its tier", ({ id, tier }) => {
    expect(catalog.findModel(id)?.model.capabilities).toMatchObject({ tier, tools: true });
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

  test("with every vendor's key at once the file still has no error", () => {
    const names = [...catalog.providers.values()].flatMap((provider) => provider.key_env ?? []);
    const env = Object.fromEntries(names.map((name) => [name, "test-key-1"]));
    const found = lookAround(catalog.providers, env);
    expect(found.used.map((each) => each.provider)).toEqual(Object.keys(STARTERS));
    const { deployment, problems } = loadFromText({ config: renderConfig(found, "rm-test"), env });
    expect(problems.filter((problem) => problem.severity === "error")).toEqual([]);
    expect(Object.keys(deployment?.lanes ?? {})).toHaveLength(rows.length);
  });
});

test.each([[["--forse"]], [["--config"]], [["x"]]])("%p is wrong usage", async (args) => {
  expect(await run(args, {})).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage: ringmain init") });
});
