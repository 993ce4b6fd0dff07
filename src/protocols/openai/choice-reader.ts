/** One choice of a stream: its text, its tool calls, and its end. */

import type { AnswerEvent, StartedBlock } from "../../ir/event.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { isBlank, nonEmpty } from "../shared/members.ts";
import { isBlankAudio, isBlankCall, isBlankFunction } from "./blank-members.ts";
import { createCallReader } from "./call-reader.ts";
import type { ChoiceOutlet } from "./choice-outlet.ts";
import { readFinish } from "./finish.ts";
import { areEncrypted, REASONING_FIELDS, readReasoningText } from "./reasoning-fields.ts";
import { readAnnotation } from "./response-reader.ts";
import { PROTOCOL } from "./wire.ts";

export interface ChoiceReader {
  push(choice: JsonObject): void;
  /** The stream has ended: ends what is open and tells the finish; a choice that named none stays without one. */
  close(): void;
  /** It has told a finish; some vendors tell one with every piece, so that more may follow. */
  finished(): boolean;
}

export function createChoiceReader(options: {
  readonly choice: number;
  readonly seed: string;
  readonly emit: (event: AnswerEvent) => void;
  readonly lose: (field: string, detail: string) => void;
  readonly nextBlock: () => number;
}): ChoiceReader {
  const { choice, seed, emit, nextBlock } = options;
  const outlet: ChoiceOutlet = {
    seed,
    emit,
    lose: (member, detail) => options.lose(`choices[${choice}].delta.${member}`, detail),
    startBlock(content) {
      const block = nextBlock();
      emit({ type: "block-start", block, choice, content });
      return block;
    },
    closeText: () => texts.close(),
  };
  const texts = createTextReader(outlet);
  const calls = createCallReader(outlet);
  let isRefused = false;
  let finish: string | null = null; // the last that was told
  let isClosed = false;

  const close = () => {
    if (isClosed) return;
    isClosed = true;
    texts.close();
    calls.close();
    if (finish === null) return;
    emit({ type: "finish", choice, finish: readFinish(finish, { toolCalls: calls.any(), refusal: isRefused }) });
  };

  return {
    push(value) {
      // Some vendors send a whole message where a delta belongs; after the finish it repeats what was said.
      const message = finish === null ? asObject(value["message"]) : undefined;
      const delta = asObject(value["delta"]) ?? message ?? {};
      isRefused ||= nonEmpty(delta["refusal"]) !== null;
      texts.push(delta, isBlank(value["logprobs"]) ? null : value["logprobs"]);
      for (const each of asArray(delta["tool_calls"]) ?? []) {
        const call = asObject(each);
        if (call !== undefined && !isBlankCall(call)) calls.push(call);
      }
      const legacy = asObject(delta["function_call"]);
      if (legacy !== undefined && (calls.any() || !isBlankFunction(legacy))) calls.pushLegacy(legacy);
      loseUnknown(delta, outlet);
      finish = nonEmpty(value["finish_reason"]) ?? finish;
    },
    close,
    finished: () => finish !== null,
  };
}

type TextKind = "text" | "refusal" | "reasoning";

/** Text, refusal, reasoning and audio: one open block at a time. */
function createTextReader(outlet: ChoiceOutlet) {
  let open: { readonly kind: TextKind | "audio"; readonly block: number } | null = null;

  const close = () => {
    if (open !== null) outlet.emit({ type: "block-end", block: open.block });
    open = null;
  };
  const start = (kind: TextKind | "audio", content: StartedBlock): number => {
    if (open?.kind === kind) return open.block;
    close();
    const block = outlet.startBlock(content);
    open = { kind, block };
    return block;
  };
  const say = (kind: TextKind, text: string, logprobs: unknown) => {
    // An empty text opens nothing, but log probabilities of an open one are kept.
    if (text === "" && (logprobs === null || open?.kind !== kind)) return;
    const block = start(kind, kind === "reasoning" ? { type: kind, encrypted: null } : { type: kind });
    outlet.emit({ type: "text-delta", block, text, logprobs });
  };
  const pushContent = (content: unknown, logprobs: unknown) => {
    const text = asText(content);
    if (text !== undefined) return say("text", text, logprobs);
    // Mistral's reasoning models stream parts instead of text.
    for (const part of asArray(content) ?? []) {
      const thinking = at(part, "thinking");
      if (thinking === undefined) say("text", asText(at(part, "text")) ?? "", logprobs);
      else say("reasoning", asText(thinking) ?? (asArray(thinking) ?? []).map(textOf).join(""), null);
    }
  };
  const pushAudio = (value: JsonObject) => {
    const isOpen = open?.kind === "audio";
    const block = start("audio", {
      type: "opaque",
      sourceProtocol: PROTOCOL,
      name: "audio",
      value,
      spelling: NO_SPELLING,
    });
    if (isOpen) outlet.emit({ type: "opaque-delta", block, sourceProtocol: PROTOCOL, value });
  };

  return {
    push(delta: JsonObject, logprobs: unknown) {
      say("reasoning", readReasoningText(delta)?.text ?? "", null);
      if (areEncrypted(delta["reasoning_details"])) {
        outlet.lose("reasoning_details", "sealed reasoning has no place in a stream of another protocol");
      }
      pushContent(delta["content"], logprobs);
      say("refusal", nonEmpty(delta["refusal"]) ?? "", logprobs);
      for (const each of asArray(delta["annotations"]) ?? []) {
        if (isBlank(each)) continue;
        outlet.emit({ type: "citation", block: start("text", { type: "text" }), citation: readAnnotation(each) });
      }
      const audio = asObject(delta["audio"]);
      if (audio !== undefined && !isBlankAudio(audio)) pushAudio(audio);
    },
    close,
  };
}

function loseUnknown(delta: JsonObject, outlet: ChoiceOutlet): void {
  for (const name of Object.keys(delta)) {
    if (!DELTA.has(name) && !isBlank(delta[name])) outlet.lose(name, "exists only in its own protocol");
  }
}

function textOf(part: unknown): string {
  return asText(at(part, "text")) ?? "";
}

const DELTA = new Set([
  "role",
  "content",
  "refusal",
  ...REASONING_FIELDS,
  "annotations",
  "audio",
  "tool_calls",
  "function_call",
]);
