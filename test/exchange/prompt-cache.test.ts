// Prompts that a vendor may cache: marks for clients whose protocol has none, and a name for the session where one is taken.
import { describe, expect, test } from "bun:test";
import type { Dialect } from "../../src/ir/dialect.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const MARKS: Dialect = { ...MAKER, cacheMarks: true };
const KEY: Dialect = { ...MAKER, promptCacheKey: true };
const PARAMETERS = { type: "object", properties: {} };
const TOOLS = {
  openai: [{ type: "function", function: { name: "f", parameters: PARAMETERS } }],
  responses: [{ type: "function", name: "f", parameters: PARAMETERS }],
  gemini: [{ functionDeclarations: [{ name: "f", parameters: PARAMETERS }] }],
  anthropic: [{ name: "f", input_schema: PARAMETERS }],
} as const;
type Client = keyof typeof TOOLS;
const SYSTEM: Readonly<Record<Client, Readonly<Record<string, unknown>>>> = {
  openai: {
    messages: [
      { role: "system", content: "Be brief" },
      { role: "user", content: "Hi" },
    ],
  },
  responses: { instructions: "Be brief" },
  gemini: { systemInstruction: { parts: [{ text: "Be brief" }] } },
  anthropic: { system: "Be brief" },
};

interface Asked {
  readonly ingress: Client;
  readonly egress: string;
  readonly dialect: Dialect;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly over?: TargetOver;
}

async function ask({ ingress, egress, dialect, more = {}, headers = {}, over = {} }: Asked) {
  const lanes = [laneOf("p0/a/m0", egress, { dialect, upstreamModel: "anthropic.claude-sonnet-4-5" })];
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, over)] }),
    answer: answering(wordsOf(egress)),
  });
  const got = await core.ask({ protocol: ingress, body: question(ingress, { more }), headers });
  const [call] = core.effects.calls;
  if (call === undefined) throw new Error(`nothing was sent: ${got.text}`);
  return { sent: bodyText(call), losses: core.records[0]?.losses ?? [] };
}

const marksIn = (sent: string): number => sent.split(/"cache_control"|"cachePoint"/).length - 1;
const CLIENTS = ["openai", "responses", "gemini"] as const;
const LANES = ["anthropic", "bedrock"] as const;
const pairs = CLIENTS.flatMap((ingress) => LANES.map((egress) => [ingress, egress] as const));

describe("marks for a client whose protocol has none", () => {
  test.each(pairs)(
    "%s at %s: behind the instructions and behind the last turn, which is no loss",
    async (ingress, egress) => {
      const more = { tools: TOOLS[ingress], ...SYSTEM[ingress] };
      const { sent, losses } = await ask({ ingress, egress, dialect: MARKS, more });
      expect(marksIn(sent)).toBe(2);
      const system = JSON.stringify(JSON.parse(sent).system);
      expect(marksIn(system)).toBe(1);
      expect(losses.filter(({ field }) => field.includes("cache"))).toEqual([]);
    },
  );

  test.each(pairs)("%s at %s: behind the tools where there are no instructions", async (ingress, egress) => {
    const { sent } = await ask({ ingress, egress, dialect: MARKS, more: { tools: TOOLS[ingress] } });
    const body = JSON.parse(sent);
    expect(marksIn(JSON.stringify(body.tools ?? body.toolConfig))).toBe(1);
    expect(marksIn(sent)).toBe(2);
  });

  test.each<[string, Asked]>([
    ["without tools", { ingress: "openai", egress: "anthropic", dialect: MARKS, more: SYSTEM.openai }],
    [
      "at a vendor without marks",
      { ingress: "openai", egress: "anthropic", dialect: MAKER, more: { tools: TOOLS.openai } },
    ],
    [
      "in a pool that has them off",
      {
        ingress: "openai",
        egress: "anthropic",
        dialect: MARKS,
        more: { tools: TOOLS.openai },
        over: { cacheMarks: false },
      },
    ],
    [
      "of a client whose protocol has them",
      { ingress: "anthropic", egress: "bedrock", dialect: MARKS, more: { tools: TOOLS.anthropic } },
    ],
    [
      "at a protocol that has none",
      { ingress: "openai", egress: "gemini", dialect: MARKS, more: { tools: TOOLS.openai } },
    ],
  ])("none %s", async (_, asked) => {
    const { sent, losses } = await ask(asked);
    expect(marksIn(sent)).toBe(0);
    expect(losses.filter(({ field }) => field.includes("cache"))).toEqual([]);
  });

  test("a client that marks by itself keeps its own marks alone", async () => {
    const content = [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }];
    const more = { tools: TOOLS.openai, messages: [{ role: "user", content }] };
    const { sent } = await ask({ ingress: "openai", egress: "anthropic", dialect: MARKS, more });
    expect(marksIn(sent)).toBe(1);
  });

  test("a relay keeps the client's bytes", async () => {
    const { sent } = await ask({
      ingress: "anthropic",
      egress: "anthropic",
      dialect: MARKS,
      more: { tools: TOOLS.anthropic },
    });
    expect(marksIn(sent)).toBe(0);
  });
});

describe("the name of a session", () => {
  const keyIn = (sent: string): unknown => JSON.parse(sent).prompt_cache_key;
  const named = { ingress: "anthropic", egress: "responses", dialect: KEY } as const;
  const headers = { "x-session-id": "secret-session" };

  test.each<[string, Partial<Asked>]>([
    ["a header", { headers }],
    ["an agent's own header", { headers: { "x-claude-code-session-id": "secret-session" } }],
    ["the end user's id", { more: { metadata: { user_id: "secret-session" } } }],
    ["a header, at Chat Completions", { headers, egress: "openai" }],
  ])("goes to a vendor that takes one, as a digest: %s", async (_, over) => {
    const { sent } = await ask({ ...named, ...over });
    expect(keyIn(sent)).toMatch(/^[0-9a-f]{32}$/);
  });

  test("is the same for the same session, and differs between sessions", async () => {
    const [one, again, other] = await Promise.all([
      ask({ ...named, headers }),
      ask({ ...named, headers }),
      ask({ ...named, headers: { "x-session-id": "another" } }),
    ]);
    expect(keyIn(one.sent)).toBe(keyIn(again.sent));
    expect(keyIn(one.sent)).not.toBe(keyIn(other.sent));
  });

  test.each<[string, Partial<Asked>]>([
    ["a vendor that knows no such member", { headers, dialect: MAKER }],
    ["a request of no session", {}],
    ["a relay", { headers, ingress: "responses" }],
  ])("does not go: %s", async (_, over) => {
    const { sent } = await ask({ ...named, ...over });
    expect(sent).not.toContain("prompt_cache_key");
    expect(sent).not.toContain("secret-session");
  });
});
