// The evaluators by themselves: what is unfit, and what the look of an answer is worth. docs/policy.md shows the same weights.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Subject } from "../../src/exchange/quality/evaluator.ts";
import { grade } from "../../src/exchange/quality/evaluators.ts";
import { DEFAULT_EVALUATORS, type EvaluatorSettings, HEURISTICS, reachableScore } from "../../src/ir/quality.ts";
import {
  type IrBlock,
  type IrRequest,
  NO_EXTRAS,
  NO_SAMPLING,
  NO_SPELLING,
  plainText,
  type ToolCallBlock,
} from "../../src/ir/request.ts";
import type { FinishReason } from "../../src/ir/response.ts";
import { ANONYMOUS } from "../harness/core.ts";
import { laneOf, poolOf } from "../harness/deployments.ts";

const REQUEST: IrRequest = {
  sourceProtocol: "openai",
  model: "pool",
  stream: false,
  instructions: [],
  turns: [],
  tools: [],
  toolChoice: null,
  parallelToolCalls: null,
  maxOutputTokens: null,
  sampling: NO_SAMPLING,
  stop: [],
  reasoning: null,
  outputFormat: null,
  choices: null,
  logprobs: null,
  user: null,
  metadata: null,
  serviceTier: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};

interface Given {
  readonly blocks: readonly IrBlock[];
  readonly finish?: FinishReason | null;
  readonly question?: Partial<IrRequest>;
  readonly asked?: string;
  readonly task?: string;
}

function subjectOf({ blocks, finish = "stop", question = {}, asked = "Why?", task = "default" }: Given): Subject {
  const turn = {
    role: "user",
    blocks: [plainText(asked)],
    wasString: true,
    name: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  } as const;
  const choice = {
    index: 0,
    blocks,
    finish: finish === null ? null : { reason: finish, raw: null, stopSequence: null },
    logprobs: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
  return {
    question: { ...REQUEST, turns: [turn], ...question },
    answer: {
      sourceProtocol: "openai",
      id: null,
      model: null,
      createdMs: null,
      choices: [choice],
      usage: null,
      serviceTier: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    },
    task,
    from: { caller: ANONYMOUS, lane: LANE, target: TARGET },
  };
}

const LANE = laneOf("first/a/one", "openai");
const TARGET = poolOf("pool", [LANE]);

function graded(given: Given, evaluators: readonly EvaluatorSettings[] = DEFAULT_EVALUATORS) {
  const told = grade({
    subject: subjectOf(given),
    evaluators,
    threshold: 0.72,
    ask: null,
    deployment: { targets: {} },
    newId: () => "id",
  });
  if (told instanceof Promise) throw new Error("these evaluators know at once");
  return told;
}

const call = (name: string, args: string, over: Partial<ToolCallBlock> = {}): ToolCallBlock => ({
  type: "tool-call",
  id: "call_1",
  name,
  kind: "function",
  arguments: args,
  signature: null,
  cache: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
  ...over,
});

const WEATHER = {
  type: "function",
  name: "get_weather",
  description: null,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: null,
  cache: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
} as const;
const PATCH = {
  type: "custom",
  name: "patch",
  description: null,
  format: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
} as const;
const SERVER_TOOL = { type: "opaque", sourceProtocol: "openai", name: "mcp", value: {} } as const;
const THOUGHT = {
  type: "reasoning",
  text: "Hm.",
  signature: null,
  encrypted: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
} as const;
const SCHEMA = {
  kind: "json-schema",
  name: null,
  description: null,
  schema: WEATHER.parameters,
  strict: null,
} as const;
const text = (words: string) => [plainText(words)];
const tools = [WEATHER, PATCH];

describe("structural: unfit", () => {
  test.each<[string, Given]>([
    ["empty", { blocks: text(" \n ") }],
    ["empty", { blocks: [THOUGHT] }],
    ["truncated", { blocks: text("And then"), finish: "length" }],
    ["truncated", { blocks: text("And then"), finish: "context-length" }],
    ["invalid JSON", { blocks: text("Sure! {}"), question: { outputFormat: { kind: "json" } } }],
    ["invalid JSON", { blocks: text("```json\n{}\n```"), question: { outputFormat: SCHEMA } }],
    ["JSON breaks its schema", { blocks: text('{"town":"Oslo"}'), question: { outputFormat: SCHEMA } }],
    ["invalid arguments", { blocks: [call("get_weather", '{"city":')], question: { tools } }],
    ["invalid arguments", { blocks: [call("get_weather", '"Oslo"')], question: { tools } }],
    ["arguments break their schema", { blocks: [call("get_weather", '{"city":1}')], question: { tools } }],
    ["arguments break their schema", { blocks: [call("get_weather", "")], question: { tools } }],
    ["unknown tool", { blocks: [call("get_wether", '{"city":"Oslo"}')], question: { tools } }],
    ["unknown tool", { blocks: [...text("Let me look."), call("search", "{}")] }],
    ["unknown tool", { blocks: [call("get_weather", '{"city":"Oslo"}'), call("search", "{}")], question: { tools } }],
  ])("%s (%#)", (reason, given) => {
    expect(graded(given)).toEqual({ score: 0, reasons: [`structural: ${reason}`] });
  });
});

describe("structural: fit", () => {
  test.each<[string, Given]>([
    [
      "a call of a tool",
      { blocks: [call("get_weather", '{"city":"Oslo"}')], question: { tools }, finish: "tool-calls" },
    ],
    ["a call in free text", { blocks: [call("patch", "*** Begin", { kind: "custom" })], question: { tools } }],
    [
      "a call of a tool only the vendor knows",
      { blocks: [call("mcp__read", "{}")], question: { tools: [SERVER_TOOL] } },
    ],
    ["JSON as asked", { blocks: text(' {"city":"Oslo"} '), question: { outputFormat: SCHEMA } }],
    [
      "a picture",
      {
        blocks: [
          {
            type: "image",
            source: { kind: "url", url: "https://x/y", mediaType: null },
            detail: null,
            cache: null,
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          },
        ],
      },
    ],
    ["a run that goes on behind the answer", { blocks: [], finish: null }],
  ])("%s", (_, given) => {
    expect(graded(given).score).toBe(1);
  });

  test("an answer that its client wanted no longer", () => {
    expect(graded({ blocks: text("And then"), finish: "length", question: { maxOutputTokens: 3 } }).score).toBe(0.8);
    const format = { maxOutputTokens: 3, outputFormat: { kind: "json" } } as const;
    expect(graded({ blocks: text('{"a'), finish: "length", question: format }).score).toBe(1);
  });
});

const LONG = "The river rises in the hills and runs to the sea. ".repeat(9);
const CODE = "```ts\nexport const a = 1;\n```";

describe("heuristic", () => {
  test.each<[string, Given, number]>([
    ["a short answer to a short question", { blocks: text("4"), asked: "2 + 2?" }, 0.8],
    ["a short answer to a long question", { blocks: text("4"), asked: LONG }, 0.5],
    ["a medium answer", { blocks: text(LONG.slice(0, 200)) }, 0.9],
    ["a long answer", { blocks: text(LONG) }, 1],
    ["a refusal", { blocks: text("I'm sorry, but I can't help with that.") }, 0.1],
    ["a refusal with the other apostrophe", { blocks: text("I’m sorry, but I can’t help with that.") }, 0.1],
    ["what its vendor calls a refusal", { blocks: text("Not this."), finish: "refusal" }, 0.1],
    ["words of refusal inside a good answer", { blocks: text(`Models say "As an AI, I am unable to". ${LONG}`) }, 1],
    ["words of refusal late in a short answer", { blocks: text(`${LONG.slice(0, 200)} He said: I'm sorry.`) }, 0.9],
    ["the same line again and again", { blocks: text("and so it goes\n".repeat(30)) }, 0.5],
    ["code that never ends", { blocks: text("```ts\nconst a = 1;") }, 0.6],
    ["code for code", { blocks: text(CODE), task: "code" }, 0.9],
    ["a diff for code", { blocks: text("diff --git a/x.ts b/x.ts\n+1"), task: "code" }, 0.95],
    ["words for code", { blocks: text("Just change it."), task: "code" }, 0.55],
    ["a source for research", { blocks: text("See https://example.com/a."), task: "research" }, 0.9],
  ])("%s", (_, given, score) => {
    expect(graded(given)).toEqual({ score, reasons: [`heuristic: ${score}`] });
  });

  test.each<[string, Given, number]>([
    ["short", { blocks: text("4") }, 0.15],
    ["long", { blocks: text(LONG) }, 0.7],
    ["a refusal anywhere", { blocks: text(`${LONG} As an AI, no.`) }, 0],
    ["code", { blocks: text(`${LONG}\n${CODE}\nin src/a.ts`), task: "code" }, 1],
    ["research", { blocks: text(`${LONG} https://example.com/a`), task: "research" }, 0.8],
  ])("by version 1: %s", (_, given, score) => {
    expect(graded(given, [{ kind: "heuristic", version: 1 }]).score).toBe(score);
  });

  test.each(["default", "reasoning", "rewrite", "research", "code"])(
    "a plain answer of each task reaches the default threshold: %s",
    (task) => {
      const answer = task === "code" ? `${CODE}\n${LONG}` : LONG;
      expect(graded({ blocks: text(answer), task }).score).toBeGreaterThanOrEqual(0.72);
      expect(reachableScore(DEFAULT_EVALUATORS, task)).toBe(1);
    },
  );

  test.each([
    ["default", 0.7],
    ["rewrite", 0.7],
    ["research", 0.8],
    ["code", 1],
  ] as const)("by version 1 no answer gets more than is told: %s %p", (task, most) => {
    expect(reachableScore([{ kind: "heuristic", version: 1 }], task)).toBe(most);
  });
});

test("the page shows the weights", () => {
  const page = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");
  const shown = (sign: string) => {
    const line = page.split("\n").find((each) => each.startsWith(`| ${sign}`)) ?? "";
    return line
      .split("|")
      .slice(2, 4)
      .map((cell) => Number.parseFloat(cell) || 0);
  };
  const weights = (of: (each: (typeof HEURISTICS)[keyof typeof HEURISTICS]) => number) => [
    of(HEURISTICS[1]),
    of(HEURISTICS[2]),
  ];
  expect({
    start: shown("start"),
    short: shown("under 40"),
    medium: shown("120 characters"),
    long: shown("400 characters"),
    refusal: shown("a phrase of refusal"),
    repeats: shown("the same line"),
    unclosed: shown("a block of code that never"),
    fenced: shown("task code: a block"),
    unfenced: shown("task code: none"),
    path: shown("task code: a file"),
    link: shown("task research"),
  }).toEqual({
    start: weights(({ start }) => start),
    short: weights(({ short }) => short),
    medium: weights(({ medium }) => medium),
    long: weights(({ long }) => long),
    refusal: weights(({ refusal }) => refusal),
    repeats: weights(({ repeats }) => repeats),
    unclosed: weights(({ unclosed }) => unclosed),
    fenced: weights(({ code }) => code.fenced),
    unfenced: weights(({ code }) => code.unfenced),
    path: weights(({ code }) => code.path),
    link: weights(({ research }) => research.link),
  });
});
