/** `ringmain check` as somebody types it: what is printed, where, and with which exit code. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../src/cli/check.ts";
import { captured } from "./captured.ts";

const folder = mkdtempSync(join(tmpdir(), "ringmain-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = `providers: { acme: { protocol: openai, base_url: "https://api.acme.invalid", api_key_env: ACME_KEY } }
models: { big: { provider: acme, max_concurrent: 7 } }
pools: { fast: { members: [{ target: big, weight: 2 }], on_exhausted: { action: wait } } }
`;

let folders = 0;

/** Runs it in a folder of its own with these files. */
function run(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
) {
  folders += 1;
  const cwd = join(folder, String(folders));
  mkdirSync(cwd);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return captured({ env: { ACME_KEY: "test-key-1", ...env }, cwd }, (io) => check(args, io));
}

describe("a good file", () => {
  test("is summed up", async () => {
    const { code, out, err } = await run([], { "config.yaml": GOOD });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(`config.yaml is fine: 1 lane, 1 model, 1 pool; listens on 127.0.0.1:8080, auth none.

LANE              PROTOCOL  UPSTREAM MODEL  IDENTITY        SLOTS  KEY
acme/default/big  openai    big             big (unproven)  7      ACME_KEY

POOL  SELECT    MEMBERS  KEEP  WHEN EXHAUSTED
fast  weighted  big ×2   -     wait 5000 ms
`);
  });

  test("with a warning is still good", async () => {
    const { code, out } = await run([], {
      "config.yaml": `${GOOD}observability: { otlp_endpoint: "http://127.0.0.1:4318" }\n`,
    });
    expect(code).toBe(0);
    expect(out).toStartWith("config.yaml:4:33 warning observability.otlp_endpoint: traces");
  });

  test("as JSON", async () => {
    const { code, out } = await run(["--json"], { "config.yaml": GOOD });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      problems: [],
      lanes: ["acme/default/big"],
      targets: ["big", "fast"],
      providers: "embedded",
    });
  });

  test("with a catalog beside it", async () => {
    const files = {
      "config.yaml": "providers: { own: { api_key_env: ACME_KEY } }\nmodels: { m: { provider: own } }\n",
      "providers.yaml": 'own: { protocol: openai, base_url: "https://own.invalid" }\n',
    };
    expect(await run([], files)).toMatchObject({ code: 0, err: "" });
    expect(await run(["--providers", "other.yaml"], files)).toMatchObject({
      code: 1,
      err: expect.stringContaining("other.yaml does not exist"),
    });
  });
});

describe("a bad file", () => {
  const BAD = GOOD.replace("provider: acme", "provder: acme").replace("weight: 2", "weight: -1");

  test("has all its problems printed, with places", async () => {
    const { code, out } = await run([], { "config.yaml": BAD });
    expect(code).toBe(1);
    expect(out).toBe(`config.yaml:2:16 error models.big.provider: is required and must be text
config.yaml:2:18 error models.big.provder: unknown key; did you mean "provider"?
config.yaml:3:51 error pools.fast.members[0].weight: must be at least 0
3 errors, 0 warnings
`);
  });

  test("as JSON", async () => {
    const { code, out } = await run(["--json"], { "config.yaml": BAD });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      lanes: null,
      problems: [
        { path: "models.big.provider" },
        { path: "models.big.provder", line: 2, column: 18, suggestion: "provider", severity: "error" },
        { file: "config.yaml" },
      ],
    });
  });

  test("prints no secret", async () => {
    const secret = "test-secret-value-1";
    const text = `${GOOD}auth: { mode: "\${S}", client_tokens: ["\${S}", "\${S} x"], tokn: "\${S}" }\nlisten: "\${S}"\n`;
    const { code, out, err } = await run([], { "config.yaml": text }, { S: secret, ACME_KEY: `${secret}\n2` });
    expect(code).toBe(1);
    expect(out + err).not.toContain(secret);
  });
});

describe("no file", () => {
  test("is told with the places looked at", async () => {
    const { code, err } = await run([], {});
    expect(code).toBe(1);
    expect(err).toStartWith('No config.yaml was found; "ringmain init" writes one. Looked for:\n');
    expect(err).toContain("/etc/ringmain/config.yaml");
  });
  test("as JSON", async () => {
    const { code, out } = await run(["--json"], {});
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      config: null,
      missing: expect.stringContaining("ringmain init"),
    });
  });
  test("where one was named, no other is taken", async () => {
    const { code, err } = await run(["--config", "nope.yaml"], { "config.yaml": GOOD });
    expect({ code, err }).toEqual({
      code: 1,
      err: "nope.yaml does not exist; correct the path, or leave it out to search the usual places.\n",
    });
  });
});

describe("usage", () => {
  test.each([[["--jsn"]], [["--config"]], [["--config="]], [["config.yaml"]], [["--json=yes"]]])(
    "%p is wrong",
    async (args) => {
      const { code, out, err } = await run(args, { "config.yaml": GOOD });
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain("Usage: ringmain check");
    },
  );
  test("help", async () => {
    expect(await run(["--help"], {})).toMatchObject({
      code: 0,
      out: expect.stringContaining("Usage: ringmain check"),
      err: "",
    });
  });
});

describe("servers of models on this machine", () => {
  const config = `providers:
  ollama: {}
  elsewhere: { protocol: openai, base_url: "http://127.0.0.1:1", allow_private: true }
models:
  llama3.2: { provider: ollama }
  coder: { provider: ollama, upstream_model: "qwen3-coder:30b" }
  other: { provider: elsewhere }
`;
  test.each<[string, string | null, string]>([
    ["silence", null, "ollama: nothing answers at http://127.0.0.1:11434; start it before its models are asked.\n"],
    [
      "another program",
      "<html>",
      "ollama: nothing answers at http://127.0.0.1:11434; start it before its models are asked.\n",
    ],
    [
      "all models",
      '{"models":[{"name":"llama3.2:latest"},{"name":"qwen3-coder:30b"}]}',
      "ollama: runs at http://127.0.0.1:11434 and has all of its models.\n",
    ],
    [
      "a model that is not there",
      '{"models":[{"name":"llama3.2"},{"name":"qwen3-coder:latest"}]}',
      "ollama: runs at http://127.0.0.1:11434 and lacks qwen3-coder:30b; pull what is missing, or correct the name.\n",
    ],
  ])("are told of: %s", async (_, text, line) => {
    folders += 1;
    const cwd = join(folder, String(folders));
    mkdirSync(cwd);
    writeFileSync(join(cwd, "config.yaml"), config);
    const asked: string[] = [];
    const getLocal = (url: string): Promise<string | null> => {
      asked.push(url);
      return Promise.resolve(text);
    };
    const { code, out } = await captured({ env: {}, cwd, getLocal }, (io) => check([], io));
    expect([code, out.endsWith(`\n\n${line}`), asked]).toEqual([0, true, ["http://127.0.0.1:11434/api/tags"]]);
    const json = await captured({ env: {}, cwd, getLocal }, (io) => check(["--json"], io));
    expect(JSON.parse(json.out).locals).toHaveLength(1);
  });
});

test("aliases are shown with what they lead to", async () => {
  const { out } = await run([], { "config.yaml": `${GOOD}aliases: { helper: fast, "gpt-*": big }\n` });
  expect(out).toEndWith("\nALIAS   TARGET\nhelper  fast\ngpt-*   big\n");
});

test("--verbose says of each model what is known of it, and where that stands", async () => {
  const server = "protocol: openai, base_url: https://models.example, api_key_env: ACME_KEY";
  const config = `providers:
  openai: { api_key_env: ACME_KEY }
  workshop: { ${server}, dialect: { stream_usage: false } }
  shed: { ${server} }
models:
  gpt-6-sol: { provider: openai, region: eu, capabilities: { context_window: 300000, prefill: false }, dialect: { efforts: [low] } }
  own: { provider: openai }
  bare: { provider: workshop }
  free: { provider: shed }
`;
  const { code, out } = await run(["--verbose"], { "config.yaml": config });
  expect(code).toBe(0);
  expect(out).toEndWith(`
FACTS OF   MODEL                 WINDOW                OUTPUT             TOOLS            TIER                 PRICES
gpt-6-sol  gpt-6-sol (built in)  300000 (config.yaml)  128000 (built in)  true (built in)  frontier (built in)  $2/$10 (price list)
own        own? (its name)       -                     -                  -                -                    -
bare       bare? (its name)      -                     -                  -                -                    -
free       free? (its name)      -                     -                  -                -                    -

CAN        FACTS                                                                                 FROM
gpt-6-sol  no prefill, region eu                                                                 config.yaml
           reads text image document, writes text, structured_output, reasoning, retention kept  built in
           all else                                                                              not known
own        retention kept                                                                        built in
           all else                                                                              not known
bare       all                                                                                   not known
free       all                                                                                   not known

DIALECT OF  FACTS                                                       FROM
gpt-6-sol   chat_tools effort_none                                      built in: gpt-6*, read 2026-11-30
            output_limit max_completion_tokens                          built in: gpt-6*, read 2026-11-21
            developer_role, custom_tools, compaction, prompt_cache_key  built in: openai, read 2026-11-21
            efforts low                                                 config.yaml: the model
            all else                                                    as an unknown server
own         developer_role, custom_tools, compaction, prompt_cache_key  built in: openai, read 2026-11-21
            all else                                                    as an unknown server
bare        no stream_usage                                             config.yaml: providers.workshop
            all else                                                    as an unknown server
free        all                                                         as an unknown server
`);
});

test("a promise that rests on no fact is warned of, with the line that cures it", async () => {
  const { out } = await run([], {
    "config.yaml": `providers: { openai: { api_key_env: ACME_KEY } }
models: { gpt-6-sol: { provider: openai }, own: { provider: openai } }
pools:
  tier: { members: [{ target: gpt-6-sol }, { target: own }], failover: { keep: [tier] } }
  same: { members: [{ target: gpt-6-sol }, { target: own }], failover: { keep: [model] } }
`,
  });
  expect(out).toContain("write capabilities.tier: models: { own: { capabilities: { tier: frontier } } }");
  expect(out).toContain("write canonical: models: { own: { canonical: gpt-6-sol } }");
});

test("a promise of where data goes that rests on no fact is warned of too", async () => {
  const { out } = await run([], {
    "config.yaml": `providers: { openai: { api_key_env: ACME_KEY } }
models: { here: { provider: openai, region: eu, retention: none }, there: { provider: openai } }
pools:
  near: { members: [{ target: here }, { target: there }], failover: { keep: [region] } }
  quiet: { members: [{ target: here }, { target: there }], failover: { keep: [zdr] } }
  alone: { members: [{ target: here }], failover: { keep: [region, zdr] } }
`,
  });
  expect(out).toContain("that of there is not known");
  expect(out).toContain("write models: { there: { region: <its region> } }");
  expect(out).toContain("which is not known of there (kept)");
  expect(out).not.toContain("pools.alone.failover.keep: promises");
});
