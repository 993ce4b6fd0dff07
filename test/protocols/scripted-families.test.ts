// Families of vendors are only worth something if they refuse: each takes its own agent's loop as it was, and no rule of it
// can be broken unseen. A rule without a bent request fails here.
import { describe, expect, test } from "bun:test";
import { asObject, type JsonObject } from "../../src/std/json.ts";
import type { Agent } from "../harness/agents/agent.ts";
import { QWEN_CODE } from "../harness/agents/chat-agents.ts";
import { CLAUDE_CODE } from "../harness/agents/messages-agents.ts";
import { COHERE_AGENT, CONVERSE_AGENT, GEMINI_CLI } from "../harness/agents/other-agents.ts";
import { CODEX } from "../harness/agents/responses-agents.ts";
import { AGENT_ANSWER, AGENT_SCRIPT } from "../harness/scripted/agent-script.ts";
import { type Asked, judge, turnAfter } from "../harness/scripted/dialect.ts";
import { BEDROCK } from "../harness/scripted/families/bedrock.ts";
import { AZURE, DEEPSEEK, KIMI, MISTRAL } from "../harness/scripted/families/chat-vendors.ts";
import { CLAUDE } from "../harness/scripted/families/claude.ts";
import { COHERE } from "../harness/scripted/families/cohere.ts";
import type { RuledDialect } from "../harness/scripted/families/family.ts";
import { GEMINI } from "../harness/scripted/families/gemini.ts";
import { OPENAI_CHAT_DOOR, OPENAI_RESPONSES_DOOR } from "../harness/scripted/families/openai.ts";
import { objects } from "../harness/scripted/rules.ts";

const KEYS = { authorization: "Bearer k", "x-goog-api-key": "k", "anthropic-version": "2023-06-01" };

type Bend = (body: JsonObject) => JsonObject;

interface Judged {
  readonly name: string;
  readonly door: RuledDialect;
  readonly models: readonly string[];
  readonly agent: Agent;
  /** What this agent leaves out for this vendor, or must add. */
  readonly prepare?: Bend;
  /** A rule's name, a model, the number of steps that were made, and what breaks the rule. */
  readonly bent: readonly (readonly [rule: string, model: string, steps: number, bend: Bend])[];
}

const edit =
  (member: string, change: (list: JsonObject[]) => unknown[]): Bend =>
  (body) => ({ ...body, [member]: change(objects(body[member])) });
const set =
  (members: JsonObject): Bend =>
  (body) => ({ ...body, ...members });
const contentOf = (change: (blocks: JsonObject[], role: unknown) => unknown[]): Bend =>
  edit("messages", (list) =>
    list.map((each) => ({ ...each, content: change(objects(each["content"]), each["role"]) })),
  );
const eachBlock = (change: (block: JsonObject) => unknown): Bend => contentOf((blocks) => blocks.map(change));
const isKind = (kind: string) => (block: JsonObject) => block["type"] === kind;
const unlessThinking: Bend = contentOf((blocks) => blocks.filter((block) => !isKind("thinking")(block)));

const OLDER = "claude-sonnet-4-5";
const NEWER = "claude-opus-4-8";
const ALIEN = Buffer.from("another vendor sealed this, long enough to be one".padEnd(60)).toString("base64");
const MARK = { cache_control: { type: "ephemeral" } };
const CONVERSE_MODEL = BEDROCK.models[0];
const isThought = (block: JsonObject) => asObject(block["reasoningContent"]) !== undefined;
const inference = (more: JsonObject): Bend => set({ inferenceConfig: { maxTokens: 8_000, ...more } });
const thought = (change: (said: JsonObject) => JsonObject): Bend =>
  eachBlock((block) => {
    const said = asObject(asObject(block["reasoningContent"])?.["reasoningText"]);
    return said === undefined ? block : { reasoningContent: { reasoningText: change(said) } };
  });
const results = (change: (result: JsonObject) => JsonObject): Bend =>
  eachBlock((block) => {
    const result = asObject(block["toolResult"]);
    return result === undefined ? block : { toolResult: change(result) };
  });
const parts = (change: (part: JsonObject) => JsonObject): Bend =>
  edit("contents", (list) => list.map((each) => ({ ...each, parts: objects(each["parts"]).map(change) })));
const withoutThoughts: Bend = edit("messages", (list) => list.map(({ reasoning_content: _, ...each }) => each));
const asMistral: Bend = edit("messages", (list) => list.map(({ refusal: _, ...each }) => each));

const CHAT_BENDS = (model: string): Judged["bent"] => [
  ["no sampling for models that reason", model, 0, set({ temperature: 0 })],
  ["no sampling for models that reason", model, 2, set({ top_p: 0.5 })],
  ["models that reason take max_completion_tokens", model, 1, set({ max_tokens: 100 })],
  ["no stop for models that reason", model, 0, set({ stop: ["X"] })],
  ["from 5.4 on no function tools", "gpt-5.4", 0, set({ reasoning_effort: "low" })],
  ["from 5.4 on no function tools", "gpt-5.6-sol", 0, ({ reasoning_effort: _, ...body }) => body],
  ["an effort only for models that reason", "gpt-4.1", 0, set({ reasoning_effort: "low" })],
];

const JUDGED: readonly Judged[] = [
  {
    name: "Claude",
    door: CLAUDE.doors[0],
    models: CLAUDE.models,
    agent: CLAUDE_CODE,
    bent: [
      [
        "own, unchanged and sealed",
        NEWER,
        1,
        eachBlock((b) => (isKind("thinking")(b) ? { ...b, signature: ALIEN } : b)),
      ],
      ["own, unchanged and sealed", NEWER, 1, eachBlock((b) => (isKind("thinking")(b) ? { ...b, signature: "" } : b))],
      [
        "own, unchanged and sealed",
        OLDER,
        2,
        eachBlock((b) => (isKind("thinking")(b) ? { ...b, thinking: "No." } : b)),
      ],
      ["own, unchanged and sealed", OLDER, 1, eachBlock(({ signature: _, ...b }) => b)],
      ["own, unchanged and sealed", NEWER, 1, eachBlock(({ thinking: _, ...b }) => b)],
      ["an open tool loop begins", OLDER, 1, unlessThinking],
      ["stands before all else", NEWER, 1, contentOf((blocks) => blocks.toReversed())],
      ["a turn of the assistant's is never last", NEWER, 1, edit("messages", (list) => list.slice(0, -1))],
      ["a turn of the assistant's is never last", OLDER, 1, edit("messages", (list) => list.slice(0, -1))],
      ["in the way the model has", NEWER, 0, set({ thinking: { type: "enabled", budget_tokens: 2_000 } })],
      ["in the way the model has", OLDER, 0, set({ thinking: { type: "adaptive" } })],
      ["a budget is at least 1024", OLDER, 0, set({ thinking: { type: "enabled", budget_tokens: 1_000 } })],
      ["a budget is at least 1024", OLDER, 0, set({ max_tokens: 2_000 })],
      ["no sampling beside thinking", OLDER, 0, set({ temperature: 0 })],
      ["no sampling beside thinking", NEWER, 0, set({ top_k: 3 })],
      ["no forced tool", OLDER, 0, set({ tool_choice: { type: "any" } })],
      ["at most four cache marks", NEWER, 3, eachBlock((block) => ({ ...block, ...MARK }))],
      ["no cache mark on reasoning", NEWER, 1, eachBlock((b) => (isKind("thinking")(b) ? { ...b, ...MARK } : b))],
      [
        "a system message stands behind",
        OLDER,
        0,
        edit("messages", (list) => [...list, { role: "system", content: "x" }]),
      ],
      ["a system message stands behind", NEWER, 1, edit("messages", (list) => list.toReversed())],
      ["thinking is cleared only", NEWER, 1, ({ thinking: _, ...body }) => body],
      ["an effort only", OLDER, 0, set({ output_config: { effort: "low" } })],
    ],
  },
  {
    name: "Claude on Bedrock",
    door: BEDROCK.doors[0],
    models: [CONVERSE_MODEL],
    agent: CONVERSE_AGENT,
    bent: [
      ["own, unchanged and sealed", CONVERSE_MODEL, 1, thought((said) => ({ ...said, signature: ALIEN }))],
      ["own, unchanged and sealed", CONVERSE_MODEL, 1, thought(({ text }) => ({ text }))],
      ["an open tool loop begins", CONVERSE_MODEL, 1, contentOf((blocks) => blocks.filter((b) => !isThought(b)))],
      ["stands before all else", CONVERSE_MODEL, 1, contentOf((blocks) => blocks.toReversed())],
      ["a turn of the assistant's is never last", CONVERSE_MODEL, 1, edit("messages", (list) => list.slice(0, -1))],
      [
        "in the way the model has",
        CONVERSE_MODEL,
        0,
        set({ additionalModelRequestFields: { thinking: { type: "adaptive" } } }),
      ],
      ["a budget is at least 1024", CONVERSE_MODEL, 0, set({ inferenceConfig: { maxTokens: 4_000 } })],
      ["no sampling beside thinking", CONVERSE_MODEL, 0, inference({ temperature: 0.5 })],
      [
        "no forced tool",
        CONVERSE_MODEL,
        0,
        (body) => ({ ...body, toolConfig: { ...asObject(body["toolConfig"]), toolChoice: { any: {} } } }),
      ],
      [
        "a document's name",
        CONVERSE_MODEL,
        0,
        contentOf((blocks) => [...blocks, { document: { name: "a.pdf", format: "pdf", source: { bytes: "aGk=" } } }]),
      ],
      [
        "JSON in a result is an object",
        CONVERSE_MODEL,
        1,
        results((result) => ({ ...result, content: [{ json: [1] }] })),
      ],
      ["a result that failed", CONVERSE_MODEL, 1, results((result) => ({ ...result, status: "error", content: [] }))],
      [
        "only the assistant reasons",
        CONVERSE_MODEL,
        0,
        contentOf((blocks) => [{ reasoningContent: { reasoningText: { text: "x" } } }, ...blocks]),
      ],
    ],
  },
  {
    name: "OpenAI, Chat",
    door: OPENAI_CHAT_DOOR,
    models: ["gpt-5.1", "gpt-5.6-sol"],
    agent: QWEN_CODE,
    prepare: set({ reasoning_effort: "none" }),
    bent: CHAT_BENDS("gpt-5.1"),
  },
  {
    name: "OpenAI, Responses",
    door: OPENAI_RESPONSES_DOOR,
    models: ["gpt-5.6-sol"],
    agent: CODEX,
    bent: [
      ["no sampling for models that reason", "gpt-5.6-sol", 0, set({ temperature: 0 })],
      [
        "a reasoning item is followed",
        "gpt-5.6-sol",
        1,
        edit("input", (list) => {
          const thoughts = list.filter(isKind("reasoning"));
          return [...list.filter((item) => !isKind("reasoning")(item)), ...thoughts];
        }),
      ],
      [
        "sealed reasoning is the vendor's own",
        "gpt-5.6-sol",
        1,
        edit("input", (list) => list.map((b) => (isKind("reasoning")(b) ? { ...b, encrypted_content: ALIEN } : b))),
      ],
      [
        "without store a reasoning item",
        "gpt-5.6-sol",
        1,
        edit("input", (list) => list.map(({ encrypted_content: _, ...item }) => ({ ...item, id: "rs_1" }))),
      ],
      ["has a summary", "gpt-5.6-sol", 1, edit("input", (list) => list.map(({ summary: _, ...item }) => item))],
      ["a result stands behind its call", "gpt-5.6-sol", 1, edit("input", (list) => list.toReversed())],
    ],
  },
  {
    name: "DeepSeek",
    door: DEEPSEEK.doors[0],
    models: DEEPSEEK.models,
    agent: QWEN_CODE,
    bent: [
      ["brings its reasoning back", "deepseek-v4-pro", 1, withoutThoughts],
      ["brings its reasoning back", "deepseek-v4-pro", 3, withoutThoughts],
      ["no forced tool", "deepseek-v4-pro", 0, set({ tool_choice: "required" })],
      [
        "words beside reasoning",
        "deepseek-v4-pro",
        1,
        edit("messages", (list) =>
          list.map((each) => (each["role"] === "assistant" ? { ...each, content: null } : each)),
        ),
      ],
    ],
  },
  {
    name: "Kimi",
    door: KIMI.doors[0],
    models: KIMI.models,
    agent: QWEN_CODE,
    bent: [
      ["brings its reasoning back", "kimi-k2.5", 2, withoutThoughts],
      ["no forced tool", "kimi-k2.5", 0, set({ tool_choice: { type: "function", function: { name: "shell" } } })],
      ["sampling is fixed", "kimi-k2.5", 0, set({ temperature: 0 })],
      ["sampling is fixed", "kimi-k2.5", 0, set({ top_p: 1 })],
    ],
  },
  {
    name: "Mistral",
    door: MISTRAL.doors[0],
    models: MISTRAL.models,
    agent: QWEN_CODE,
    prepare: asMistral,
    bent: [
      [
        "ids of calls are nine",
        "mistral-large-latest",
        1,
        edit("messages", (list) =>
          list.map((each) => (each["role"] === "tool" ? { ...each, tool_call_id: "call_1" } : each)),
        ),
      ],
      [
        "no user's turn right behind a result",
        "mistral-large-latest",
        1,
        edit("messages", (list) => [...list, { role: "user", content: "And?" }]),
      ],
      ["the last turn is", "mistral-large-latest", 1, edit("messages", (list) => list.slice(0, -1))],
    ],
  },
  {
    name: "Azure",
    door: AZURE.doors[0],
    models: AZURE.models,
    agent: QWEN_CODE,
    bent: [
      ...CHAT_BENDS("gpt-5.1").map(([rule, model, steps, bend]) => [rule, model, steps, bend] as const),
      ["knows no stream_options", "gpt-5.1", 0, set({ stream: true, stream_options: { include_usage: true } })],
    ],
  },
  {
    name: "Gemini 3",
    door: GEMINI.doors[0],
    models: GEMINI.models,
    agent: GEMINI_CLI,
    bent: [
      ["brings its signature", GEMINI.models[0], 1, parts(({ thoughtSignature: _, ...part }) => part)],
      ["brings its signature", GEMINI.models[0], 3, parts(({ thoughtSignature: _, ...part }) => part)],
      ["a call comes right behind", GEMINI.models[0], 1, edit("contents", (list) => list.slice(1))],
      [
        "parts of a response are media",
        GEMINI.models[0],
        1,
        parts((part) => {
          const response = asObject(part["functionResponse"]);
          return response === undefined ? part : { functionResponse: { ...response, parts: [{ text: "x" }] } };
        }),
      ],
      [
        "a signature is of the step",
        GEMINI.models[0],
        2,
        edit("contents", (list) => {
          const seals = list.flatMap((each) =>
            objects(each["parts"]).flatMap((part) => part["thoughtSignature"] ?? []),
          );
          return list.map((each) => ({
            ...each,
            parts: objects(each["parts"]).map((part) =>
              part["thoughtSignature"] === undefined ? part : { ...part, thoughtSignature: seals.at(-1) },
            ),
          }));
        }),
      ],
    ],
  },
  {
    name: "Cohere",
    door: COHERE.doors[0],
    models: COHERE.models,
    agent: COHERE_AGENT,
    bent: [
      [
        "a tool has no members of other vendors",
        COHERE.models[0],
        0,
        edit("tools", (list) =>
          list.map((tool) => ({ ...tool, function: { ...asObject(tool["function"]), strict: true } })),
        ),
      ],
    ],
  },
];

/** The body an agent sends after so many steps, each of them taken by the vendor; all that was found on the way. */
function held({ door, agent, prepare = (body) => body }: Judged, model: string, steps: number) {
  const found: string[] = [];
  let body = prepare(agent.begin(model, false));
  let text = "";
  for (let step = 0; step <= steps; step++) {
    found.push(...judge(door, askedOf(model, body), AGENT_SCRIPT));
    if (step === steps) break;
    const answer: JsonObject = JSON.parse(door.whole(turnAfter(door, askedOf(model, body), step, AGENT_SCRIPT)));
    const calls = agent.calls(answer);
    text = agent.text(answer);
    const results = calls.map((call) => ({ ...call, output: String(AGENT_SCRIPT.run(call.name, {})["output"]) }));
    if (calls.length > 0) body = prepare(agent.next(body, answer, results));
  }
  return { body, text, found };
}

function askedOf(model: string, body: JsonObject): Asked {
  const request = {
    method: "POST",
    path: "/",
    headers: KEYS,
    body: Buffer.alloc(0),
    gone: new Promise<void>(() => undefined),
  };
  return { model, stream: false, body, request };
}

for (const judged of JUDGED) {
  describe(judged.name, () => {
    for (const model of judged.models) {
      test(`its own agent's loop is taken by ${model}`, () => {
        const { text, found } = held(judged, model, AGENT_SCRIPT.turns.length);
        expect({ text, found }).toEqual({ text: AGENT_ANSWER, found: [] });
      });
    }

    for (const [rule, model, steps, bend] of judged.bent) {
      test(`refused after ${steps} steps by ${model}: ${rule}`, () => {
        const { body } = held(judged, model, steps);
        expect(judge(judged.door, askedOf(model, bend(body)), AGENT_SCRIPT).join(" | ")).toContain(rule);
      });
    }

    test("every rule names its source and is broken by some request", () => {
      const unbroken = judged.door.rules.filter(({ name }) => !judged.bent.some(([rule]) => name.includes(rule)));
      expect(unbroken.map(({ name }) => name)).toEqual([]);
      expect(judged.door.rules.filter(({ source }) => !/[#.]/.test(source))).toEqual([]);
    });
  });
}
