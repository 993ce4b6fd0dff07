/** A message of an answer: its parts of text and refusal, each opened, filled and closed. */
import type { JsonObject } from "../../std/json.ts";
import { type EventOutlet, type OutputItem, pieceHead } from "./outlet.ts";
import type { WireAnnotation, WireMessage, WireRefusal, WireText } from "./wire.ts";

export interface MessagePart {
  readonly kind: "text" | "refusal";
  /** Blocks that still write to it. */
  writers: number;
  /** UTF-16 length of what was said, for citations that do not say where they stand. */
  length(): number;
  say(text: string, logprobs: readonly unknown[]): void;
  cite(annotation: WireAnnotation | JsonObject): void;
}

export interface MessageItem extends OutputItem {
  readonly type: "message";
  /** The part a new block of that kind goes on with, or a new one. */
  part(kind: MessagePart["kind"]): MessagePart;
  /** Some block still writes to it. */
  busy(): boolean;
  hasRefusal(): boolean;
}

interface OwnPart extends MessagePart {
  wire(): WireText | WireRefusal;
  close(): void;
}

export function createMessageItem(outlet: EventOutlet, outputIndex: number): MessageItem {
  const id = outlet.newId("msg");
  const parts: OwnPart[] = [];
  let closed = false;
  const wire = (status: WireMessage["status"]): WireMessage => {
    return { id, type: "message", status, role: "assistant", content: parts.map((part) => part.wire()) };
  };
  outlet.emit("response.output_item.added", { output_index: outputIndex, item: wire("in_progress") });
  return {
    type: "message",
    outputIndex,
    get closed() {
      return closed;
    },
    wire: () => ({ ...wire(closed ? "completed" : "incomplete") }),
    part(kind) {
      const last = parts.at(-1);
      if (last !== undefined && last.kind === kind && last.writers === 0) return last;
      if (last?.writers === 0) last.close();
      const place = { item_id: id, output_index: outputIndex, content_index: parts.length };
      const part = kind === "text" ? createText(outlet, place) : createRefusal(outlet, place);
      parts.push(part);
      return part;
    },
    busy: () => parts.some(({ writers }) => writers > 0),
    hasRefusal: () => parts.some(({ kind }) => kind === "refusal"),
    close() {
      if (closed) return;
      for (const part of parts) part.close();
      closed = true;
      outlet.emit("response.output_item.done", { output_index: outputIndex, item: wire("completed") });
    },
  };
}

interface PartPlace {
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: number;
}

const NO_LOGPROBS = ',"logprobs":[]';

function createText(outlet: EventOutlet, place: PartPlace): OwnPart {
  const pieces: string[] = [];
  const annotations: (WireAnnotation | JsonObject)[] = [];
  const logprobs: unknown[] = [];
  const head = pieceHead("response.output_text.delta", { ...place });
  let length = 0;
  let closed = false;
  const wire = (): WireText => {
    return { type: "output_text", annotations: [...annotations], logprobs: [...logprobs], text: pieces.join("") };
  };
  outlet.emit("response.content_part.added", { ...place, part: wire() });
  return {
    kind: "text",
    writers: 0,
    length: () => length,
    say(text, probabilities) {
      pieces.push(text);
      length += text.length;
      logprobs.push(...probabilities);
      const tail = probabilities.length === 0 ? NO_LOGPROBS : `,"logprobs":${JSON.stringify(probabilities)}`;
      outlet.piece("response.output_text.delta", head, text, tail);
    },
    cite(annotation) {
      const annotation_index = annotations.length;
      annotations.push(annotation);
      outlet.emit("response.output_text.annotation.added", { ...place, annotation_index, annotation });
    },
    wire,
    close() {
      if (closed) return;
      closed = true;
      const part = wire();
      outlet.emit("response.output_text.done", { ...place, text: part.text, logprobs: part.logprobs });
      outlet.emit("response.content_part.done", { ...place, part });
    },
  };
}

function createRefusal(outlet: EventOutlet, place: PartPlace): OwnPart {
  const pieces: string[] = [];
  const head = pieceHead("response.refusal.delta", { ...place });
  let length = 0;
  let closed = false;
  const wire = (): WireRefusal => ({ type: "refusal", refusal: pieces.join("") });
  outlet.emit("response.content_part.added", { ...place, part: wire() });
  return {
    kind: "refusal",
    writers: 0,
    length: () => length,
    say(text) {
      pieces.push(text);
      length += text.length;
      outlet.piece("response.refusal.delta", head, text);
    },
    cite() {
      // A refusal has no place for sources; the assembler never sends any here.
    },
    wire,
    close() {
      if (closed) return;
      closed = true;
      outlet.emit("response.refusal.done", { ...place, refusal: wire().refusal });
      outlet.emit("response.content_part.done", { ...place, part: wire() });
    },
  };
}
