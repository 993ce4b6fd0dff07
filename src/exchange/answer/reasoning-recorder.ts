/** Remembers the reasoning of an answer by the tool calls it led to, where a later request may come back without it. */
import type { ReadEvent } from "../../ir/event.ts";
import type { KeptReasoning, RememberedBlock } from "../../ir/remembered-reasoning.ts";
import type { IrBlock, ReasoningSignature } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import type { Frame } from "../../protocols/protocol.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { AnswerSource } from "../lane/attempt-context.ts";
import { isRecorded, reasoningScope } from "../lane/reasoning-back.ts";
import { reasoningKey } from "../reasoning-memory.ts";

interface ReasoningRecorder {
  event(event: ReadEvent): void;
  response(response: IrResponse): void;
}

/** Characters of reasoning and arguments held of one answer; of a longer one nothing is remembered. */
const CHARS_MAX = 4 * 1024 * 1024;
const BLOCKS_MAX = 4096;

/** Null: nothing of this answer is ever wanted back. */
export function reasoningRecorder(attempt: AnswerSource): ReasoningRecorder | null {
  if (!isRecorded(attempt)) return null;
  const { world, call, lane, egress } = attempt;
  const keep = (blocks: readonly SaidBlock[]): void => {
    const scope = reasoningScope(attempt);
    const from = { payload: egress.payload.id, issuer: lane.sealIssuer };
    world.reasoning.remember(
      groupsOf(blocks).map(({ id, args, reasoning }): KeptReasoning => {
        return { key: reasoningKey(scope, { id, arguments: args }), reasoning: { ...from, blocks: reasoning } };
      }),
    );
  };
  // Of several answers in one the client goes on with one that is not known.
  if ((call.request.facts.answers ?? 1) > 1) return null;
  return {
    event: eventCollector(keep),
    response: ({ choices }) => keep((choices[0]?.blocks ?? []).flatMap(saidBlock)),
  };
}

/** Reads a relayed stream beside the tap. Frames it cannot read are the tap's to judge. */
export function frameRecorder(attempt: AnswerSource): ((frame: Frame) => void) | null {
  const recorder = reasoningRecorder(attempt);
  if (recorder === null) return null;
  const reader = attempt.egress.payload.createStreamReader();
  let isBroken = false;
  return (frame) => {
    if (isBroken) return;
    try {
      for (const event of reader.push(frame)) recorder.event(event);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      isBroken = true;
    }
  };
}

/** A relayed answer in one piece. What its reader cannot read is nothing to remember. */
export function recordBody(attempt: AnswerSource, body: JsonObject): void {
  const recorder = reasoningRecorder(attempt);
  if (recorder === null) return;
  try {
    recorder.response(attempt.egress.payload.readResponse(body).value);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

type SaidBlock =
  | { readonly kind: "words" }
  | { readonly kind: "call"; readonly id: string; args: string }
  | {
      readonly kind: "reasoning";
      text: string;
      signature: ReasoningSignature | null;
      readonly encrypted: ReasoningSignature | null;
    };

function saidBlock(block: IrBlock): SaidBlock[] {
  switch (block.type) {
    case "reasoning":
      return [{ kind: "reasoning", text: block.text, signature: block.signature, encrypted: block.encrypted }];
    case "tool-call":
      return [{ kind: "call", id: block.id, args: block.arguments }];
    case "text":
      return block.text === "" ? [] : [{ kind: "words" }];
    case "refusal":
    case "image":
    case "document":
    case "audio":
    case "tool-result":
    case "opaque":
      return [];
  }
}

function eventCollector(keep: (blocks: readonly SaidBlock[]) => void): ReasoningRecorder["event"] {
  const blocks = new Map<number, SaidBlock>();
  let chars = 0;
  return (event) => {
    if (chars > CHARS_MAX || blocks.size > BLOCKS_MAX) return;
    switch (event.type) {
      case "block-start": {
        const { content } = event;
        if (content.type === "tool-call") blocks.set(event.block, { kind: "call", id: content.id, args: "" });
        if (content.type === "text") blocks.set(event.block, { kind: "words" });
        if (content.type === "reasoning")
          blocks.set(event.block, { kind: "reasoning", text: "", signature: null, encrypted: content.encrypted });
        return;
      }
      case "text-delta":
      case "arguments-delta": {
        const block = blocks.get(event.block);
        if (block === undefined || block.kind === "words") return;
        chars += event.text.length;
        if (block.kind === "call") block.args += event.text;
        else block.text += event.text;
        return;
      }
      case "signature-delta": {
        const block = blocks.get(event.block);
        if (block?.kind !== "reasoning") return;
        const { issuer, value } = event.signature;
        chars += value.length;
        block.signature = { issuer, value: (block.signature?.value ?? "") + value };
        return;
      }
      case "finish":
      case "end":
        keep([...blocks.values()]);
        return;
      default:
        return;
    }
  };
}

interface Group {
  readonly id: string;
  readonly args: string;
  readonly reasoning: readonly RememberedBlock[];
}

/** Calls made at once share the reasoning before the first of them; it is found by each. */
function groupsOf(blocks: readonly SaidBlock[]): Group[] {
  const groups: Group[] = [];
  let before: RememberedBlock[] = [];
  let isNew = true;
  let hasWords = false;
  for (const block of blocks) {
    if (block.kind === "words") hasWords = true;
    else if (block.kind === "reasoning") {
      if (block.text === "" && block.signature === null && block.encrypted === null) continue;
      const { kind: _, ...said } = block;
      before = [...(isNew ? before : []), { ...said, leads: !hasWords && groups.length === 0 }];
      isNew = true;
    } else {
      isNew = false;
      if (before.length > 0 && block.id !== "") groups.push({ id: block.id, args: block.args, reasoning: before });
    }
  }
  return groups;
}
