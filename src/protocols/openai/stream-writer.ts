/**
 * Events into chunks, in the order the vendor keeps: the role, the pieces, the finish, the usage if the client asked for
 * it, `[DONE]`. Id, model and time of the first chunk stand on every one. After an error nothing follows.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { approximated, dropped } from "../../ir/loss.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asObject, at } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { writeError } from "./errors.ts";
import { OPENAI } from "./extras.ts";
import { isFinishApproximated, writeFinish } from "./finish.ts";
import { createLosses } from "./losses.ts";
import { ID_CHARS, writeAnnotation } from "./response-writer.ts";
import { writeUsage } from "./usage.ts";
import type { WireChunk, WireDelta, WireFinish } from "./wire.ts";

interface OpenBlock {
  readonly choice: number;
  readonly content: StartedBlock;
  /** Place among the calls of its choice; -1 for other blocks. */
  readonly toolIndex: number;
  hasArguments: boolean;
}

interface ChoiceState {
  toolCalls: number;
  /** Length of the text so far, for citations that do not say where they stand. */
  textLength: number;
  isFinished: boolean;
}

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const losses = createLosses();
  const blocks = new Map<number, OpenBlock>();
  const choices = new Map<number, ChoiceState>();
  const asked = isUsageAsked(context);
  let head = ""; // members before `choices`, the same on every chunk
  let tail = "";
  let native = false;
  let usage: Usage | null = null;
  let isOver = false;

  const begin = (event: Extract<IrEvent, { type: "start" }> | null) => {
    native = event?.origin === OPENAI;
    ({ head, tail } = envelope(event, { native, asked, context }));
    if (!native) losses.addExtras("", event?.extras ?? {});
  };
  const chunk = (
    choice: number,
    delta: WireDelta,
    finish: WireFinish | null = null,
    logprobs: unknown = null,
  ): Frame => {
    const body = JSON.stringify({ index: choice, delta, logprobs, finish_reason: finish });
    return { event: null, data: `${head}[${body}]${tail}` };
  };
  /** The choice's state, and its role chunk if this is its first sign of life. */
  const touch = (index: number): { state: ChoiceState; frames: Frame[] } => {
    const known = choices.get(index);
    if (known !== undefined) return { state: known, frames: [] };
    if (head === "") begin(null);
    const state = { toolCalls: 0, textLength: 0, isFinished: false };
    choices.set(index, state);
    return { state, frames: [chunk(index, { role: "assistant", content: "", refusal: null })] };
  };
  const startBlock = ({ block, choice, content }: Extract<IrEvent, { type: "block-start" }>): Frame[] => {
    const { state, frames } = touch(choice);
    const toolIndex = content.type === "tool-call" ? state.toolCalls++ : -1;
    blocks.set(block, { choice, content, toolIndex, hasArguments: false });
    if (content.type === "tool-call") {
      const { id, name } = content;
      const call =
        content.kind === "custom"
          ? ({ index: toolIndex, id, type: "custom", custom: { name, input: "" } } as const)
          : ({ index: toolIndex, id, type: "function", function: { name, arguments: "" } } as const);
      frames.push(chunk(choice, { tool_calls: [call] }));
    } else if (content.type === "foreign")
      frames.push(...writeForeign(choice, content.origin, content.name, content.value));
    else if (content.type === "reasoning" && content.encrypted !== null) {
      losses.add(dropped("reasoning_content", "encrypted reasoning has no place here"));
    }
    return frames;
  };
  const writeForeign = (choice: number, origin: string, name: string, value: unknown): Frame[] => {
    if (origin === OPENAI && name === "audio") return [chunk(choice, { audio: value })];
    losses.add(dropped(`delta.${name}`, ONLY_ITS_OWN));
    return [];
  };
  const writeText = (event: Extract<IrEvent, { type: "text-delta" }>): Frame[] => {
    const open = blocks.get(event.block);
    if (open === undefined) return [];
    const logprobs = native ? event.logprobs : null;
    if (!native && event.logprobs !== null) losses.add(dropped("logprobs", "in another protocol's form"));
    if (event.text === "" && logprobs === null) return [];
    const { type } = open.content;
    if (type === "refusal") return [chunk(open.choice, { refusal: event.text }, null, logprobs)];
    if (type === "reasoning") return [chunk(open.choice, { reasoning_content: event.text })];
    const { state } = touch(open.choice);
    state.textLength += event.text.length;
    return [chunk(open.choice, { content: event.text }, null, logprobs)];
  };
  const writeArguments = (open: OpenBlock | undefined, text: string): Frame[] => {
    if (open === undefined || open.content.type !== "tool-call" || text === "") return [];
    open.hasArguments = true;
    const index = open.toolIndex;
    const call =
      open.content.kind === "custom" ? { index, custom: { input: text } } : { index, function: { arguments: text } };
    return [chunk(open.choice, { tool_calls: [call] })];
  };
  const endBlock = (block: number): Frame[] => {
    const open = blocks.get(block);
    blocks.delete(block);
    // Clients parse the joined arguments; a call without any must still be an object.
    const isBare = open?.content.type === "tool-call" && open.content.kind === "function" && !open.hasArguments;
    return isBare ? writeArguments(open, "{}") : [];
  };
  const writeCitation = (event: Extract<IrEvent, { type: "citation" }>): Frame[] => {
    const open = blocks.get(event.block);
    if (open === undefined) return [];
    const { state } = touch(open.choice);
    const annotation = writeAnnotation(event.citation, state.textLength);
    if (annotation !== null) return [chunk(open.choice, { annotations: [annotation] })];
    losses.add(dropped("delta.annotations", "only URLs can be cited"));
    return [];
  };
  const writeEnding = ({ choice, finish }: Extract<IrEvent, { type: "finish" }>): Frame[] => {
    const { state, frames } = touch(choice);
    if (state.isFinished) return frames;
    state.isFinished = true;
    if (isFinishApproximated(finish.reason)) {
      losses.add(approximated("finish_reason", `${finish.reason} has no word of its own`));
    }
    return [...frames, chunk(choice, {}, writeFinish(finish.reason, { toolCalls: state.toolCalls > 0 }))];
  };
  const writeEnd = (): Frame[] => {
    isOver = true;
    const frames = choices.size === 0 ? touch(0).frames : [];
    for (const [choice, state] of choices) {
      if (!state.isFinished) frames.push(chunk(choice, {}, writeFinish(null, { toolCalls: state.toolCalls > 0 })));
    }
    const reported = asked ? writeUsage(usage) : null;
    if (reported !== null) frames.push({ event: null, data: `${head}[],"usage":${JSON.stringify(reported)}}` });
    frames.push({ event: null, data: "[DONE]" });
    return frames;
  };

  return {
    losses: losses.list,
    push(event) {
      if (isOver) return [];
      switch (event.type) {
        case "start":
          begin(event);
          return touch(0).frames;
        case "block-start":
          return startBlock(event);
        case "text-delta":
          return writeText(event);
        case "arguments-delta":
          return writeArguments(blocks.get(event.block), event.text);
        case "signature-delta":
          losses.add(dropped("reasoning_content", "signed reasoning has no place here"));
          return [];
        case "citation":
          return writeCitation(event);
        case "foreign-delta": {
          const open = blocks.get(event.block);
          const name = open?.content.type === "foreign" ? open.content.name : "delta";
          return open === undefined ? [] : writeForeign(open.choice, event.origin, name, event.value);
        }
        case "block-end":
          return endBlock(event.block);
        case "usage":
          usage = mergeUsage(usage, event.usage);
          return [];
        case "finish":
          return writeEnding(event);
        case "keep-alive": // the transport has its own
        case "loss": // counted by whoever pumps the events
          return [];
        case "end":
          return writeEnd();
        case "failed": {
          isOver = true;
          const { body } = writeError(event.failure, { requestId: "", path: "", details: false });
          return [{ event: null, data: JSON.stringify(body) }];
        }
        default:
          return unreachable(event);
      }
    },
  };
}

/** JSON text before and behind the list of choices. */
function envelope(
  event: Extract<IrEvent, { type: "start" }> | null,
  { native, asked, context }: { readonly native: boolean; readonly asked: boolean; readonly context: AnswerContext },
): { head: string; tail: string } {
  const id = (native ? event?.id : null) ?? `chatcmpl-${context.newId(ID_CHARS)}`;
  const created = Math.floor((event?.createdMs ?? context.createdMs) / 1000);
  const model = event?.model ?? context.upstreamModel;
  const members = { id, object: "chat.completion.chunk", created, model } satisfies Partial<WireChunk>;
  const tier = native && event !== null && event.serviceTier !== null ? { service_tier: event.serviceTier } : {};
  const fingerprint = native ? event?.extras["system_fingerprint"] : undefined;
  const own = native ? { ...event?.extras, system_fingerprint: fingerprint } : {};
  const head = JSON.stringify({ ...members, ...tier, ...own }).slice(0, -1);
  return { head: `${head},"choices":`, tail: asked ? ',"usage":null}' : "}" };
}

/** Upstreams are always asked for usage; only this client's own wish decides whether it sees any. */
function isUsageAsked({ request }: AnswerContext): boolean {
  if (request === null || request.origin !== OPENAI) return false;
  return at(asObject(request.extras["stream_options"]), "include_usage") === true;
}

const ONLY_ITS_OWN = "exists only in its own protocol";
