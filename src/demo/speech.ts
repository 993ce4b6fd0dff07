/** What a simulated vendor answers: it calls the tools it is offered, uses their results, and talks about the question. */
import {
  type IrBlock,
  type IrRequest,
  type IrTool,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  plainText,
} from "../ir/request.ts";
import type { IrChoice, IrFinish, IrResponse } from "../ir/response.ts";
import { PROTOCOLS } from "../protocols/index.ts";
import type { Chance } from "./chance.ts";
import { fillSchema } from "./fill-schema.ts";
import { charsFor, promptTokens, tokensOf } from "./tokens.ts";
import { composeAnswer, composeFromResults, topicOf } from "./words.ts";

export interface SpeechMoment {
  readonly chance: Chance;
  /** Since 1970. */
  readonly wallMs: number;
}

/** Answers of one request, whatever `n` says. */
const CHOICES_MAX = 8;

export function speak(request: IrRequest, { chance, wallMs }: SpeechMoment): IrResponse {
  const count = Math.min(CHOICES_MAX, Math.max(1, request.choices ?? 1));
  const thought = thinkAbout(request);
  const choices = Array.from({ length: count }, (_, index) => choose(request, { index, thought, chance }));
  const reasoningTokens = thought === null ? 0 : tokensOf(thought) * count;
  const spokenTokens = choices.reduce((sum, choice) => sum + tokensOfAnswer(choice.blocks), 0);
  return {
    sourceProtocol: request.sourceProtocol,
    id: null,
    model: request.model,
    createdMs: wallMs,
    choices,
    usage: {
      freshInputTokens: promptTokens(request),
      cacheReadTokens: 0,
      cacheWriteTokens: null,
      cacheWrite1hTokens: null,
      outputTokens: spokenTokens + reasoningTokens,
      reasoningTokens,
      audioInputTokens: null,
      audioOutputTokens: null,
    },
    serviceTier: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

interface ChoiceInput {
  readonly index: number;
  /** null: no reasoning was asked for. */
  readonly thought: string | null;
  readonly chance: Chance;
}

function choose(request: IrRequest, { index, thought, chance }: ChoiceInput): IrChoice {
  const called = callTools(request, chance);
  const reasoning = thought === null ? [] : reasoningBlocks(request, thought, chance);
  const whole = { index, logprobs: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
  if (called.length > 0) return { ...whole, blocks: [...reasoning, ...called], finish: finish("tool-calls") };
  const { text, end } = shorten(textFor(request, index), request);
  return { ...whole, blocks: [...reasoning, plainText(text)], finish: end };
}

// ---------------------------------------------------------------- tools

type FunctionTool = Extract<IrTool, { type: "function" }>;

/** Which tools to call now; none once their results are here. */
function callTools(request: IrRequest, chance: Chance): IrBlock[] {
  if (resultsIn(request).length > 0) return [];
  const tool = pickTool(request, questionOf(request));
  if (tool === null) return [];
  const value = fillSchema(tool.parameters, { question: questionOf(request) });
  const id = `${CALL_IDS.get(request.sourceProtocol) ?? CALL_ID_USUAL}${chance.newId(CALL_ID_CHARS)}`;
  return [
    {
      type: "tool-call",
      id,
      name: tool.name,
      kind: "function",
      arguments: JSON.stringify(value),
      signature: null,
      cache: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    },
  ];
}

/** How ids of calls begin: most vendors took over the first one's, the others stand here. */
const CALL_ID_USUAL = "call_";
const CALL_IDS: ReadonlyMap<string, string> = new Map([["anthropic", "toolu_01"]]);
const CALL_ID_CHARS = 22;

/**
 * More tools than this are an agent's toolbox, offered with every request. Its owner would see commands run that were
 * not meant, so from there on a tool is called only when the question names it.
 */
const TOOLS_CALLED_FREELY_MAX = 4;

function pickTool(request: IrRequest, question: string): FunctionTool | null {
  const tools = request.tools.filter((tool) => tool.type === "function");
  const choice = request.toolChoice ?? { kind: "auto" };
  switch (choice.kind) {
    case "none":
    case "opaque":
      return null;
    case "tool":
      return tools.find((tool) => tool.name === choice.name) ?? null;
    case "required":
      return bestTool(tools, question);
    case "allowed": {
      const allowed = tools.filter((tool) => choice.names.includes(tool.name));
      return bestTool(allowed, question);
    }
    case "auto": {
      if (tools.length <= TOOLS_CALLED_FREELY_MAX) return bestTool(tools, question);
      return tools.find((tool) => question.includes(tool.name) && tool.name.length >= NAME_CHARS_MIN) ?? null;
    }
  }
}

/** A shorter name stands in every second sentence by accident. */
const NAME_CHARS_MIN = 6;

/** The tool whose name and description share most words with the question; the first one among equals. */
function bestTool(tools: readonly FunctionTool[], question: string): FunctionTool | null {
  const asked = new Set(wordsOf(question));
  const score = (tool: FunctionTool) =>
    wordsOf(`${tool.name} ${tool.description ?? ""}`).filter((word) => asked.has(word)).length;
  const [best = null] = tools.toSorted((left, right) => score(right) - score(left));
  return best;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];

// ---------------------------------------------------------------- text

function textFor(request: IrRequest, index: number): string {
  const question = questionOf(request);
  const format = request.outputFormat;
  if (format?.kind === "json-schema") return JSON.stringify(fillSchema(format.schema, { question }));
  const results = resultsIn(request);
  const text =
    results.length > 0
      ? composeFromResults(results, question)
      : composeAnswer({ question, pictures: picturesIn(request), variant: index, model: request.model });
  return format?.kind === "json" ? JSON.stringify({ answer: text }) : text;
}

/** The words of the last turn in which a person said something; "" when no person did. */
function questionOf(request: IrRequest): string {
  const asked = request.turns.filter((turn) => turn.role === "user" && textOf(turn.blocks) !== "").at(-1);
  return asked === undefined ? "" : textOf(asked.blocks).replaceAll(REMINDER, "").trim();
}

/** What agents tell the model beside the question: dates and rules, which are no question. */
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

/** Tool results since the assistant last spoke: the turns at the very end. */
function resultsIn(request: IrRequest): string[] {
  const last = request.turns.findLastIndex((turn) => turn.role === "assistant");
  const since: readonly IrTurn[] = request.turns.slice(last + 1);
  return since.flatMap((turn) =>
    turn.blocks.flatMap((block) => (block.type === "tool-result" ? [textOf(block.content)] : [])),
  );
}

function picturesIn(request: IrRequest): number {
  const last = request.turns.at(-1);
  return last === undefined ? 0 : last.blocks.filter((block) => block.type === "image").length;
}

function textOf(blocks: readonly IrBlock[]): string {
  return blocks
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n")
    .trim();
}

/** Cut where a stop text stands or the limit of the client is reached, whichever comes first. */
function shorten(text: string, request: IrRequest): { text: string; end: IrFinish } {
  const stops = request.stop
    .filter((stop) => stop !== "" && text.includes(stop))
    .toSorted((left, right) => text.indexOf(left) - text.indexOf(right));
  const [stop] = stops;
  const until = stop === undefined ? text : text.slice(0, text.indexOf(stop));
  const charsMax = request.maxOutputTokens === null ? Number.POSITIVE_INFINITY : charsFor(request.maxOutputTokens);
  if (until.length > charsMax) return { text: until.slice(0, charsMax), end: finish("length") };
  if (stop === undefined) return { text, end: finish("stop") };
  return { text: until, end: { reason: "stop-sequence", raw: null, stopSequence: stop } };
}

// ---------------------------------------------------------------- reasoning

/** What it thinks before it answers; null: no reasoning was asked for. */
function thinkAbout(request: IrRequest): string | null {
  const { reasoning } = request;
  if (reasoning === null || reasoning.mode === "disabled") return null;
  if (reasoning.mode === null && (reasoning.effort === null || reasoning.effort === "none")) return null;
  return `The question is about ${topicOf(questionOf(request))}. A short and plain answer will do.`;
}

/** Only the one protocol shows reasoning, signed; the other reports its tokens and nothing else. */
function reasoningBlocks(request: IrRequest, thought: string, chance: Chance): IrBlock[] {
  if (request.sourceProtocol !== PROTOCOLS.anthropic.id) return [];
  const signature = { issuer: request.sourceProtocol, value: chance.newId(SIGNATURE_CHARS) };
  return [{ type: "reasoning", text: thought, signature, encrypted: null, extras: NO_EXTRAS, spelling: NO_SPELLING }];
}

const SIGNATURE_CHARS = 88;

function tokensOfAnswer(blocks: readonly IrBlock[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === "text") return sum + tokensOf(block.text);
    return block.type === "tool-call" ? sum + tokensOf(block.name + block.arguments) : sum;
  }, 0);
}

const finish = (reason: IrFinish["reason"]): IrFinish => ({ reason, raw: null, stopSequence: null });
