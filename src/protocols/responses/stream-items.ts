/**
 * Items of a stream into blocks. A part of a message is a block, a call is one, the reasoning of an item is one. Pieces
 * come as deltas or only with the event that says the part or item is done: what had not come before is told then.
 */
import type { AnswerEvent, StartedBlock } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { argumentsText } from "../shared/arguments.ts";
import { nonEmpty } from "../shared/members.ts";
import { shortHash } from "../shared/names/tools.ts";
import { restoreName } from "./names.ts";
import { BETWEEN_PARTS, calledName, readReasoning } from "./output-reader.ts";
import { readAnnotation } from "./part-reader.ts";
import { PROTOCOL } from "./wire.ts";

type TextKind = "text" | "refusal" | "reasoning";

interface BlockOutlet {
  emit(event: AnswerEvent): void;
  /** A loss, told once for each field. */
  lose(field: string, detail: string): void;
}

export interface ItemsReader {
  added(event: JsonObject): void;
  done(event: JsonObject): void;
  /** A piece of text, or (`whole`) all of it. `kind` says where it goes, `source` which list of parts it belongs to. */
  text(event: JsonObject, piece: { kind: TextKind; source: string; text: unknown; whole: boolean }): void;
  annotation(event: JsonObject): void;
  /** A piece of the arguments or input of a call, or all of it. */
  call(event: JsonObject, piece: { text: unknown; whole: boolean }): void;
  partAdded(event: JsonObject): void;
  partDone(event: JsonObject): void;
  /** What the last event repeats and no event before it told. */
  repeated(output: unknown): void;
  close(): void;
  held(): { readonly toolCalls: boolean; readonly refusal: boolean };
  /** More blocks than an answer may have. */
  overflowed(): boolean;
}

interface StreamedItem {
  readonly id: string | null;
  readonly type: string;
  /** Parts of a message, by source and index. */
  readonly parts: Map<string, StreamedPart>;
  /** Indexes of its parts as they came. Some vendors count on from the item before, and not so in the whole item. */
  readonly indexes: number[];
  /** The one block of a call or of reasoning; null: none yet. */
  block: StreamedPart | null;
  /** Which list reasoning is told from, the first that came; null: none yet. */
  source: string | null;
  closed: boolean;
}

interface StreamedPart {
  readonly number: number;
  readonly kind: TextKind | "call";
  /** UTF-16 length told so far; of reasoning, of the part named by `current`. */
  length: number;
  current: string;
  citations: number;
  open: boolean;
}

interface ItemsState {
  readonly outlet: BlockOutlet;
  /** By place in the output, or by id where the vendor does not say. */
  readonly items: Map<number | string, StreamedItem>;
  lastKey: number | string;
  blocks: number;
  hasCalls: boolean;
  hasRefusal: boolean;
}

export function createItemsReader(outlet: BlockOutlet): ItemsReader {
  const state: ItemsState = { outlet, items: new Map(), lastKey: 0, blocks: 0, hasCalls: false, hasRefusal: false };
  return {
    added: (event) => addItem(state, keyOf(state, event), asObject(event["item"]) ?? {}),
    done: (event) => finishItem(state, keyOf(state, event), asObject(event["item"]) ?? {}),
    text(event, { kind, source, text, whole }) {
      const type = kind === "reasoning" ? "reasoning" : "message";
      const key = keyOf(state, event);
      // Told again behind its end, it is no news.
      if (whole && state.items.get(key)?.closed === true) return;
      const item = itemAt(state, key, type);
      const index = asNumber(event["content_index"]) ?? asNumber(event["summary_index"]) ?? 0;
      note(item, index);
      const said = { text: asText(text) ?? "", whole, logprobs: whole ? null : (event["logprobs"] ?? null) };
      if (kind === "reasoning") think(state, item, { source, index, ...said });
      else say(state, openPart(state, item, kind, index, said.text), said);
    },
    annotation(event) {
      if (asObject(event["annotation"]) === undefined) return;
      const item = itemAt(state, keyOf(state, event), "message");
      const part = openPart(state, item, "text", asNumber(event["content_index"]) ?? 0, null);
      if (part !== null) cite(state, part, event["annotation"]);
    },
    call(event, { text, whole }) {
      const item = state.items.get(keyOf(state, event));
      if (item?.block?.kind === "call") say(state, item.block, { text: argumentsText(text), whole, logprobs: null });
      else if (!whole) outlet.lose("output.arguments", "of a call that was not announced");
    },
    partAdded(event) {
      const item = state.items.get(keyOf(state, event));
      if (item !== undefined) note(item, asNumber(event["content_index"]) ?? 0);
    },
    partDone(event) {
      const item = state.items.get(keyOf(state, event));
      if (item?.type !== "message" || item.closed) return;
      const index = asNumber(event["content_index"]) ?? 0;
      note(item, index);
      finishPart(state, item, index, asObject(event["part"]) ?? {});
    },
    repeated(output) {
      const ids = new Set([...state.items.values()].map(({ id }) => id));
      for (const [index, value] of (asArray(output) ?? []).slice(0, ANSWER_BLOCKS_MAX + 1).entries()) {
        const item = asObject(value) ?? {};
        const id = idOf(item);
        const here = state.items.get(index);
        const isNews = here === undefined ? id === null || !ids.has(id) : !here.closed && here.type === item["type"];
        if (isNews) finishItem(state, index, item);
      }
    },
    close() {
      for (const item of state.items.values()) closeItem(state, item);
    },
    held: () => ({ toolCalls: state.hasCalls, refusal: state.hasRefusal }),
    overflowed: () => state.blocks > ANSWER_BLOCKS_MAX || state.items.size > ANSWER_BLOCKS_MAX,
  };
}

function keyOf(state: ItemsState, event: JsonObject): number | string {
  const key = asNumber(event["output_index"]) ?? asText(event["item_id"]) ?? idOf(asObject(event["item"]) ?? {});
  if (key !== null) state.lastKey = key;
  return state.lastKey;
}

function idOf(item: JsonObject): string | null {
  return nonEmpty(item["id"]) ?? nonEmpty(item["call_id"]);
}

/** An event before its item was announced makes one. */
function itemAt(state: ItemsState, key: number | string, type: string): StreamedItem {
  const known = state.items.get(key);
  if (known !== undefined && known.type === type && !known.closed) return known;
  return addItem(state, key, { type });
}

/** A place used twice is another item: some vendors number every item 0. */
function addItem(state: ItemsState, key: number | string, wire: JsonObject): StreamedItem {
  const before = state.items.get(key);
  if (before !== undefined) {
    closeItem(state, before);
    state.items.delete(key);
  }
  const type = asText(wire["type"]) ?? "";
  const item: StreamedItem = {
    id: idOf(wire),
    type,
    parts: new Map(),
    indexes: [],
    block: null,
    source: null,
    closed: false,
  };
  state.items.set(key, item);
  if (isCall(type)) startCall(state, item, wire);
  return item;
}

function finishItem(state: ItemsState, key: number | string, wire: JsonObject): void {
  const known = state.items.get(key);
  const isKnown = known !== undefined && known.type === wire["type"] && sameId(known.id, idOf(wire));
  if (isKnown && known.closed) return;
  const item = isKnown ? known : addItem(state, key, wire);
  if (item.type === "message") {
    for (const [position, part] of (asArray(wire["content"]) ?? []).entries()) {
      finishPart(state, item, item.indexes[position] ?? position, asObject(part) ?? {});
    }
  } else if (item.type === "reasoning") finishReasoning(state, item, wire);
  else if (isCall(item.type)) {
    if (item.block === null) startCall(state, item, wire);
    const text = argumentsText(item.type === "custom_tool_call" ? wire["input"] : wire["arguments"]);
    if (item.block !== null) say(state, item.block, { text, whole: true, logprobs: null });
  } else if (item.type !== "") {
    const number = startBlock(state, {
      type: "opaque",
      sourceProtocol: PROTOCOL,
      name: item.type,
      value: wire,
      spelling: NO_SPELLING,
    });
    state.outlet.emit({ type: "block-end", block: number });
  }
  closeItem(state, item);
}

function note(item: StreamedItem, index: number): void {
  if (item.indexes.length < ANSWER_BLOCKS_MAX && !item.indexes.includes(index)) item.indexes.push(index);
}

function sameId(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
}

function closeItem(state: ItemsState, item: StreamedItem): void {
  if (item.closed) return;
  item.closed = true;
  if (isCall(item.type) && item.block === null) state.outlet.lose(`output.${item.type}`, "a call without a name");
  for (const part of [...item.parts.values(), ...(item.block === null ? [] : [item.block])]) closePart(state, part);
}

// ---------------------------------------------------------------- blocks

function startBlock(state: ItemsState, content: StartedBlock): number {
  const block = state.blocks;
  state.blocks += 1;
  state.outlet.emit({ type: "block-start", block, choice: 0, content });
  return block;
}

function newPart(number: number, kind: StreamedPart["kind"]): StreamedPart {
  return { number, kind, length: 0, current: "", citations: 0, open: true };
}

function closePart(state: ItemsState, part: StreamedPart): void {
  if (!part.open) return;
  part.open = false;
  state.outlet.emit({ type: "block-end", block: part.number });
}

/** Null: there is nothing to say yet, and an empty text opens nothing. `text` null: it is needed in any case. */
function openPart(
  state: ItemsState,
  item: StreamedItem,
  kind: "text" | "refusal",
  index: number,
  text: string | null,
): StreamedPart | null {
  const key = `${kind} ${index}`;
  const known = item.parts.get(key);
  if (known !== undefined) return known;
  if (text === "") return null;
  const part = newPart(startBlock(state, { type: kind }), kind);
  if (kind === "refusal") state.hasRefusal = true;
  item.parts.set(key, part);
  return part;
}

interface SaidText {
  readonly text: string;
  /** It repeats what deltas have told, if they have. */
  readonly whole: boolean;
  readonly logprobs: unknown;
}

function say(state: ItemsState, part: StreamedPart | null, { text, whole, logprobs }: SaidText): void {
  if (part === null || !part.open) return;
  const news = whole ? text.slice(part.length) : text;
  const probabilities = (asArray(logprobs) ?? []).length === 0 ? null : logprobs;
  if (news === "" && probabilities === null) return;
  part.length += news.length;
  if (part.kind === "call") state.outlet.emit({ type: "arguments-delta", block: part.number, text: news });
  else state.outlet.emit({ type: "text-delta", block: part.number, text: news, logprobs: probabilities });
}

function cite(state: ItemsState, part: StreamedPart, annotation: unknown): void {
  if (!part.open) return;
  part.citations += 1;
  state.outlet.emit({ type: "citation", block: part.number, citation: readAnnotation(annotation) });
}

function finishPart(state: ItemsState, item: StreamedItem, index: number, wire: JsonObject): void {
  switch (wire["type"]) {
    case "output_text":
    case "text": {
      const text = asText(wire["text"]) ?? "";
      const annotations = (asArray(wire["annotations"]) ?? []).filter((each) => asObject(each) !== undefined);
      const part = openPart(state, item, "text", index, annotations.length > 0 ? null : text);
      if (part === null) return;
      say(state, part, { text, whole: true, logprobs: null });
      for (const annotation of annotations.slice(part.citations)) cite(state, part, annotation);
      closePart(state, part);
      return;
    }
    case "refusal": {
      const text = asText(wire["refusal"]) ?? "";
      const part = openPart(state, item, "refusal", index, text);
      say(state, part, { text, whole: true, logprobs: null });
      if (part !== null) closePart(state, part);
      return;
    }
    default:
      state.outlet.lose(`output.${asText(wire["type"]) ?? "part"}`, "a part only its own protocol has");
  }
}

// ---------------------------------------------------------------- reasoning

function think(
  state: ItemsState,
  item: StreamedItem,
  said: SaidText & { readonly source: string; readonly index: number },
): void {
  item.source ??= said.source;
  // The thoughts themselves and their summary say the same twice.
  if (item.source !== said.source) return;
  if (item.block === null) {
    if (said.text === "") return;
    item.block = newPart(startBlock(state, { type: "reasoning", encrypted: null }), "reasoning");
    item.block.current = `${said.index}`;
  }
  const part = item.block;
  if (part.current !== `${said.index}`) {
    // A part that is over is repeated when it is done; only a later one is news.
    if (said.text === "" || Number(part.current) > said.index) return;
    say(state, part, { text: BETWEEN_PARTS, whole: false, logprobs: null });
    part.current = `${said.index}`;
    part.length = 0;
  }
  say(state, part, said);
}

function finishReasoning(state: ItemsState, item: StreamedItem, wire: JsonObject): void {
  const whole = readReasoning(wire);
  const { signature, encrypted } = whole;
  if (item.block === null) {
    if (whole.text === "" && signature === null && encrypted === null) return;
    item.block = newPart(startBlock(state, { type: "reasoning", encrypted }), "reasoning");
    say(state, item.block, { text: whole.text, whole: false, logprobs: null });
    if (signature !== null) state.outlet.emit({ type: "signature-delta", block: item.block.number, signature });
    return;
  }
  // What seals a text comes behind it.
  const seal = signature ?? encrypted;
  if (seal !== null) state.outlet.emit({ type: "signature-delta", block: item.block.number, signature: seal });
}

// ---------------------------------------------------------------- calls

function isCall(type: string): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

/** Waits for the name: some vendors announce a call before they know it. */
function startCall(state: ItemsState, item: StreamedItem, wire: JsonObject): void {
  const name = nonEmpty(wire["name"]);
  if (name === null) return;
  const kind = item.type === "custom_tool_call" ? "custom" : "function";
  const id = nonEmpty(wire["call_id"]) ?? item.id ?? `call_${shortHash(`${name} ${state.blocks}`)}`;
  const content = { type: "tool-call", id, name: restoreName(calledName(name, wire["namespace"])), kind } as const;
  item.block = newPart(startBlock(state, content), "call");
  state.hasCalls = true;
}
