/**
 * The short way of reading a configuration beside the long one: whatever the short one answers, the long one answers too, to
 * the last place and word. It may give up at any time, and a test holds that it does not for files people write.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadDeployment } from "../../src/config/load.ts";
import { readPlainYaml } from "../../src/config/plain-yaml.ts";
import type { Path } from "../../src/config/problem.ts";
import { loadQuick } from "../../src/config/quick.ts";
import { configSchema } from "../../src/config/schema.ts";
import { prepare } from "../../src/config/schema-walk.ts";
import { fit } from "../../src/config/shape.ts";
import { configShape } from "../../src/config/shape-of.ts";
import { noSource, type Source, type Tree } from "../../src/config/source.ts";
import { readYaml } from "../../src/config/yaml-tree.ts";
import { ENV } from "./harness.ts";

const RUNS = 400;
const SHAPE = configShape();
const readEnv = (name: string) => (Object.hasOwn(ENV, name) ? ENV[name] : undefined);

/** Everything a source can be asked, at every path there is. */
function everything(source: Source): object {
  const rows: object[] = [];
  const visit = (tree: Tree, path: Path): void => {
    rows.push({ path, value: source.valueAt(path), key: source.keyAt(path), template: source.templateAt(path) });
    if (typeof tree !== "object" || tree === null) rows.push({ path, tree });
    else
      for (const [key, child] of Object.entries(tree)) visit(child, [...path, Array.isArray(tree) ? Number(key) : key]);
  };
  visit(source.root, []);
  return { rows, problems: source.problems, text: JSON.stringify(source.root) };
}

/** Whether the short reader answered; that it answered rightly is expected here. */
function comparePlain(text: string): boolean {
  const plain = readPlainYaml({ file: "config.yaml", text, readEnv });
  if (plain === null) return false;
  expect(everything(plain)).toEqual(everything(readYaml({ file: "config.yaml", text, readEnv })));
  return true;
}

function compareLoads(text: string): "answered" | "gave up" {
  const input = { configPath: "/c/config.yaml", providersPath: "embedded", env: ENV, readFile: () => text };
  const quick = loadQuick(input);
  if (quick === null) return "gave up";
  expect(quick).toEqual(loadDeployment(input));
  return "answered";
}

const CONFIG = `# how it is written by hand
listen: 127.0.0.1:8080   # here
auth:
  mode: token
  client_tokens: ["\${TOKEN}", 'plain-token']
log: { level: info, format: text }
providers:
  groq:
    api_key_env: ACME_KEY
    headers: { x-team: blue }
  anthropic:
    accounts:
    - id: one
      api_key_env: BETA_KEY
    - { id: two, api_key: "\${ACME_KEY}", pinned: true }

  mine:
    protocol: openai
    base_url: http://127.0.0.1:9/v1
    allow_private: true
    health: { mode: none }
models:
  sonnet:
    provider: anthropic
    upstream_model: claude-sonnet-4-5
    prices:
      input_per_million_usd: 3
      output_per_million_usd: 15.25
      tiers:
        -   above_tokens: 200000
            input_per_million_usd: 6
  llama3.1:8b: { provider: mine, max_concurrent: 4, capabilities: { input: [text, image], tools: true } }
  fast: { provider: groq, upstream_model: openai/gpt-oss-20b, canonical: gpt-oss-20b }
pools:
  main:
    select: weighted
    members:
      - target: sonnet
        weight: 3
      - { target: fast, context_max: 1000 }
    breaker: { trip: { mode: consecutive, n: 3 } }
    on_exhausted: { action: wait, max_ms: 500 }
    failover:
      exclusions: []
`;

describe("a file that people write", () => {
  test("is the example, and it is read the short way", async () => {
    const text = await Bun.file(new URL("../../config.example.yaml", import.meta.url)).text();
    expect(comparePlain(text.replaceAll(/\$\{\w+\}/g, "$${TOKEN}"))).toBe(true);
    expect(compareLoads(text.replaceAll(/\$\{\w+\}/g, "$${TOKEN}"))).toBe("answered");
  });

  test("is read the short way", () => {
    expect(comparePlain(CONFIG)).toBe(true);
    expect(compareLoads(CONFIG)).toBe("answered");
    expect(loadQuick(inputOf(CONFIG))?.deployment).not.toBeNull();
  });

  test.each([
    ["a warning", "  sonnet:\n", "  sonnet:\n    translation: lenient\n"],
    ["a rule broken", "target: fast", "target: slow"],
    ["an unset variable", "ACME_KEY", "UNSET_KEY"],
    ["a bad address", "127.0.0.1:8080", "127.0.0.1:99999"],
    ["an open address", "127.0.0.1:8080", "0.0.0.0:8080"],
  ])("is told the same with %s", (_, from, to) => {
    expect(compareLoads(CONFIG.replace(from, to))).toBe("answered");
  });

  test.each([
    ["an unknown key", "weight: 3", "wieght: 3"],
    ["a wrong type", "weight: 3", "weight: three"],
    ["a number out of bounds", "weight: 3", "weight: -1"],
    ["a key twice", "mode: token", "mode: token\n  mode: none"],
    ["an anchor", "x-team: blue", "x-team: &a blue"],
    ["a tag", "provider: groq", "provider: !!str groq"],
    ["a tab", "  sonnet:", "\tsonnet:"],
    ["a return", "log:", "\rlog:"],
    ["a number that is text", "format: text", "format: 0x10"],
    ["a reference that wants a number", "weight: 3", 'weight: "${SLOTS}"'],
    ["a reference without a variable", "${TOKEN}", "${UNSET}"],
    ["a block of text", "mode: token", "mode: |\n    token"],
    ["a second line", "mode: token", "mode: token\n    more"],
    ["another document", "log:", "---\nlog:"],
    ["a key without a value", "    api_key_env: ACME_KEY\n", "    api_key_env:\n"],
  ])("with %s is left to the long way", (_, from, to) => {
    expect(compareLoads(CONFIG.replace(from, to))).toBe("gave up");
  });

  test("is left to the long way with a catalog of its own, or when it is not there", () => {
    expect(loadQuick({ ...inputOf(CONFIG), providersPath: "/c/providers.yaml" })).toBeNull();
    expect(loadQuick({ ...inputOf(CONFIG), readFile: () => null })).toBeNull();
  });
});

function inputOf(text: string) {
  return { configPath: "/c/config.yaml", providersPath: "embedded", env: ENV, readFile: () => text };
}

// ---------------------------------------------------------------- properties

const PIECES = [
  ...[
    "a",
    '"b*": 1',
    '"__proto__": 1',
    '"b": { "c:d": 1, "e-*" : 2 }',
    '"a b": 1',
    "b: 1",
    "a:",
    "a: ",
    "- ",
    "-",
    "  ",
    "    ",
    "\n",
    "\n",
    "\n  ",
    "\n- ",
    "\n  - ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ",",
  ],
  ...[
    ": ",
    ":",
    "#",
    " # c",
    '"',
    "'",
    '"x"',
    "'y'",
    "true",
    "no",
    "null",
    "~",
    "-1",
    "0",
    "01",
    "1.5",
    ".5",
    "1e3",
    "0x1f",
  ],
  ...[
    "127.0.0.1:80",
    "2026-01-01",
    "12:30",
    "${TOKEN}",
    "${EMPTY:-d}",
    "$",
    "&a",
    "*a",
    "!t",
    "|",
    ">",
    "%",
    "@",
    "`",
    "?",
  ],
  ...[
    "<<",
    "__proto__",
    "---",
    "...",
    "é",
    "x y",
    "\\",
    "http://h/p",
    "a:b",
    "k/v",
    "=",
    "+1",
    "-.inf",
    "True",
    "_",
    "\\n",
  ],
];

/** Text of about the right kind, most of it broken. */
const noise = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(""));

const word = fc.constantFrom("a", "b_c", "gpt-4o", "llama3:8b", "x/y", "_", "toString", "o3", "a.b", "é");
const leaf = fc.constantFrom(
  ...[
    "1",
    "0",
    "1.5",
    "-3",
    "007",
    "true",
    "yes",
    "null",
    '"q: # q"',
    "'s'",
    "plain",
    "a:b",
    "10.0.0.1:80",
    "${TOKEN}",
    '"${TOKEN}x"',
  ],
  ...[
    "[]",
    "{}",
    "[a, 1, 'b']",
    "{ a: 1, b: [x, { c: d }] }",
    "{a: 1}",
    "[a,b]",
    '["${TOKEN}"]',
    "1_000",
    "a#b",
    "-x",
    "+1",
  ],
);
interface Node {
  readonly kind: "leaf" | "map" | "list";
  readonly text: string;
  readonly entries: readonly (readonly [string, Node])[];
}
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    leaf.map((text): Node => ({ kind: "leaf", text, entries: [] })),
    fc.record({
      kind: fc.constantFrom("map" as const, "list" as const),
      text: fc.constant(""),
      entries: fc.array(fc.tuple(word, tie("node")), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

/** As somebody would write it: comments, blank lines, lists at the key's own column or further in. */
function write(tree: Node, indent: number, style: number): string {
  const pad = " ".repeat(indent);
  const step = 1 + (style % 4);
  return tree.entries
    .map(([key, child], at) => {
      const comment = (style + at) % 3 === 0 ? "   # why: not" : "";
      const gap = (style + at) % 5 === 0 ? "\n# left\n" : "";
      if (tree.kind === "list") {
        if (child.kind === "leaf") return `${gap}${pad}- ${child.text}${comment}\n`;
        const inner = write(child, indent + 2, style);
        return inner.startsWith(" ".repeat(indent + 2)) ? `${pad}- ${inner.slice(indent + 2)}` : `${pad}-\n${inner}`;
      }
      if (child.kind === "leaf") return `${gap}${pad}${key}: ${child.text}${comment}\n`;
      const under = child.kind === "list" && style % 2 === 0 ? indent : indent + step;
      return `${gap}${pad}${key}:${comment}\n${write(child, under, style)}`;
    })
    .join("");
}

describe("the plain reader answers what the other one answers, or nothing", () => {
  test("for noise", () =>
    fc.assert(
      fc.property(noise, (text) => void comparePlain(text)),
      { numRuns: RUNS * 5 },
    ));

  test("for trees written in many ways", () => {
    let answered = 0;
    const written = fc.tuple(node, fc.nat({ max: 59 })).map(([tree, style]) => write(tree, 0, style));
    fc.assert(
      fc.property(written, (text) => {
        if (comparePlain(text)) answered += 1;
      }),
      { numRuns: RUNS, seed: 20_261_121 },
    );
    expect(answered).toBeGreaterThan(RUNS / 20);
  });

  test("for a good file with something put anywhere in it", () => {
    const spoilt = fc
      .tuple(fc.nat({ max: CONFIG.length }), fc.nat({ max: 12 }), fc.constantFrom(...PIECES))
      .map(([at, gone, piece]) => CONFIG.slice(0, at) + piece + CONFIG.slice(at + gone));
    fc.assert(
      fc.property(spoilt, (text) => {
        comparePlain(text);
        compareLoads(text);
      }),
      { numRuns: RUNS },
    );
  });
});

/** What a schema might be given, near its own bounds. */
const scalar = fc.constantFrom<Tree>("", "x", "auto", "token", "weighted", 0, 1, -1, 1.5, 2 ** 31, 2 ** 53, true, null);
const keys = fc.constantFrom(
  ...[
    "listen",
    "workers",
    "auth",
    "mode",
    "client_tokens_env",
    "providers",
    "models",
    "pools",
    "p",
    "provider",
    "prices",
  ],
  ...[
    "members",
    "target",
    "weight",
    "log",
    "level",
    "displays",
    "health",
    "proxy",
    "headers",
    "timeouts",
    "stream",
    "idle_ms",
  ],
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(keys, tie("tree"), { maxKeys: 4, noNullPrototype: false }),
  ),
}));

test("what fits the table is what the schema accepts, and becomes the same", () => {
  const file = fc.record({
    providers: fc.dictionary(keys, tree, { maxKeys: 2 }),
    models: fc.dictionary(keys, tree, { maxKeys: 2 }),
  });
  const whole = fc.tuple(file, fc.dictionary(keys, tree, { maxKeys: 2 })).map(([base, more]) => ({ ...more, ...base }));
  fc.assert(
    fc.property(fc.oneof(whole, tree), (given) => {
      const parsed = configSchema.safeParse(prepare(given, configSchema, noSource("config.yaml")));
      const fitted = fit(given, SHAPE);
      expect(fitted === undefined).toBe(!parsed.success);
      expect(JSON.stringify(fitted)).toBe(JSON.stringify(parsed.data));
    }),
    { numRuns: RUNS * 5 },
  );
});
