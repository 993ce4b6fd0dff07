/** One choice of a stream: its open block, its tool calls by the vendor's index, and its end. */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { OPENAI } from "./extras.ts";
import { readFinish } from "./finish.ts";
import { restoreName, shortHash } from "./names.ts";
import { nonEmpty, readAnnotation } from "./response-reader.ts";
import { argumentsText } from "./tool-reader.ts";

export type Emit = (event: IrEvent) => void;

export interface ChoiceReader {
  push(choice: JsonObject): void;
  /** Ends what is open; a choice that named no finish stays without one. */
  close(): void;
  finished(): boolean;
}

/** Calls open at a time in one choice; agents ask for some ten, the vendor's own limit is 128. */
const CALLS_MAX = 128;

/** Arguments held back while a call has no id or name yet. Vendors name it within a chunk or two. */
const HELD_CHARS_MAX = 1024 * 1024;

type Flat = "text" | "refusal" | "reasoning";

interface Call {
  /** null: not started, because its id or name has not come. */
  block: number | null;
  id: string | null;
  name: string | null;
  kind: "function" | "custom";
  held: string;
}

export function createChoiceReader(options: {
  readonly choice: number;
  /** Unique to the stream and choice; ids the vendor leaves out are made of it. */
  readonly seed: string;
  readonly emit: Emit;
  readonly lose: (field: string, detail: string) => void;
  readonly nextBlock: () => number;
}): ChoiceReader {
  const { choice, seed, emit, lose, nextBlock } = options;
  const calls: Call[] = []; // in order of appearance
  const byKey = new Map<string, Call>(); // the call a wire index now means
  let open: { readonly kind: Flat | "audio"; readonly block: number } | null = null;
  let refused = false;
  let isFinished = false;

  const startBlock = (content: StartedBlock): number => {
    const block = nextBlock();
    emit({ type: "block-start", block, choice, content });
    return block;
  };
  const endOpen = () => {
    if (open !== null) emit({ type: "block-end", block: open.block });
    open = null;
  };
  const openBlock = (kind: Flat): number => {
    if (open?.kind === kind) return open.block;
    endOpen();
    const block = startBlock(kind === "reasoning" ? { type: kind, encrypted: null } : { type: kind });
    open = { kind, block };
    return block;
  };
  const pushText = (kind: Flat, text: string, logprobs: unknown) => {
    if (text === "" && logprobs === null) return;
    if (text === "" && open?.kind !== kind) return;
    emit({ type: "text-delta", block: openBlock(kind), text, logprobs });
  };
  const pushContent = (content: unknown, logprobs: unknown) => {
    const text = asText(content);
    if (text !== undefined) return pushText("text", text, logprobs);
    // Mistral's reasoning models stream parts instead of text.
    for (const part of asArray(content) ?? []) {
      const thinking = at(part, "thinking");
      if (thinking !== undefined) {
        const inner =
          asText(thinking) ?? (asArray(thinking) ?? []).map((each) => asText(at(each, "text")) ?? "").join("");
        pushText("reasoning", inner, null);
      } else pushText("text", asText(at(part, "text")) ?? "", logprobs);
    }
  };
  const startCall = (call: Call, id: string, name: string): number => {
    endOpen();
    const block = startBlock({ type: "tool-call", id, name: restoreName(name), kind: call.kind });
    call.block = block;
    if (call.held !== "") emit({ type: "arguments-delta", block, text: call.held });
    call.held = "";
    return block;
  };
  const pushCall = (value: JsonObject, key: string) => {
    const custom = asObject(value["custom"]);
    const called = custom ?? asObject(value["function"]) ?? {};
    const id = nonEmpty(value["id"]);
    const name = nonEmpty(called["name"]);
    const call = findCall(key, id, name);
    if (call === null) return lose(`choices[${choice}].delta.tool_calls`, `more than ${CALLS_MAX} calls`);
    call.id ??= id;
    call.name ??= name;
    if (custom !== undefined || value["type"] === "custom") call.kind = "custom";
    const text = argumentsText(custom === undefined ? called["arguments"] : custom["input"]);
    if (call.block !== null) {
      if (text !== "") emit({ type: "arguments-delta", block: call.block, text });
      return;
    }
    if (call.held.length + text.length <= HELD_CHARS_MAX) call.held += text;
    else lose(`choices[${choice}].delta.tool_calls`, "arguments of a call that has no name");
    if (call.id !== null && call.name !== null) startCall(call, call.id, call.name);
  };
  /** Another id with a name under an index in use is another call: some vendors number every call 0. */
  const findCall = (key: string, id: string | null, name: string | null): Call | null => {
    const known = byKey.get(key);
    if (known !== undefined && (id === null || known.id === null || known.id === id || name === null)) return known;
    if (calls.length >= CALLS_MAX) return null;
    const call: Call = { block: null, id: null, name: null, kind: "function", held: "" };
    calls.push(call);
    byKey.set(key, call);
    return call;
  };
  const keyOf = (call: JsonObject): string => {
    const index = asNumber(call["index"]);
    if (index !== undefined) return `index ${index}`;
    const id = nonEmpty(call["id"]);
    if (id !== null) return `id ${id}`;
    // Neither: a name starts a call, a piece without one goes on with the last.
    const isNew = nonEmpty(at(call, "function", "name")) !== null;
    return isNew || calls.length === 0 ? `place ${calls.length}` : lastKey();
  };
  const lastKey = () => [...byKey].findLast(([, call]) => call === calls.at(-1))?.[0] ?? "";
  const pushCalls = (list: readonly unknown[]) => {
    for (const each of list) {
      const call = asObject(each);
      if (call !== undefined) pushCall(call, keyOf(call));
    }
  };
  const pushDelta = (delta: JsonObject, logprobs: unknown) => {
    const reasoning = nonEmpty(delta["reasoning_content"]) ?? nonEmpty(delta["reasoning"]);
    if (reasoning !== null) pushText("reasoning", reasoning, null);
    pushContent(delta["content"], logprobs);
    const refusal = nonEmpty(delta["refusal"]);
    if (refusal !== null) {
      refused = true;
      pushText("refusal", refusal, logprobs);
    }
    for (const each of asArray(delta["annotations"]) ?? []) {
      emit({ type: "citation", block: openBlock("text"), citation: readAnnotation(each) });
    }
    const audio = asObject(delta["audio"]);
    if (audio !== undefined) pushAudio(audio);
    pushCalls(asArray(delta["tool_calls"]) ?? []);
    const legacy = asObject(delta["function_call"]);
    if (legacy !== undefined) pushCall({ function: legacy, id: `call_${shortHash(seed)}` }, "legacy");
    for (const name of Object.keys(delta)) {
      if (!DELTA.has(name)) lose(`choices[${choice}].delta.${name}`, "exists only in its own protocol");
    }
  };
  const pushAudio = (value: JsonObject) => {
    if (open?.kind !== "audio") {
      endOpen();
      open = { kind: "audio", block: startBlock({ type: "foreign", origin: OPENAI, name: "audio", value }) };
    } else emit({ type: "foreign-delta", block: open.block, origin: OPENAI, value });
  };
  const endCalls = () => {
    for (const [index, call] of calls.entries()) {
      if (call.block === null && call.name !== null)
        startCall(call, call.id ?? `call_${shortHash(`${seed} ${index}`)}`, call.name);
      if (call.block === null) lose(`choices[${choice}].delta.tool_calls`, "a call without a name");
      else emit({ type: "block-end", block: call.block });
    }
  };
  const close = () => {
    if (isFinished) return;
    endOpen();
    endCalls();
    isFinished = true;
  };

  return {
    push(value) {
      const delta = asObject(value["delta"]) ?? asObject(value["message"]) ?? {};
      if (isFinished) {
        // Some vendors repeat the finish with their usage; anything more would come too late.
        if (nonEmpty(delta["content"]) !== null) lose(`choices[${choice}].delta`, "came after the finish");
        return;
      }
      pushDelta(delta, value["logprobs"] ?? null);
      const raw = nonEmpty(value["finish_reason"]);
      if (raw === null) return;
      close();
      const finish = readFinish(raw, { toolCalls: calls.some(({ block }) => block !== null), refusal: refused });
      emit({ type: "finish", choice, finish });
    },
    close,
    finished: () => isFinished,
  };
}

const DELTA = new Set([
  "role",
  "content",
  "refusal",
  "reasoning_content",
  "reasoning",
  "annotations",
  "audio",
  "tool_calls",
  "function_call",
]);
