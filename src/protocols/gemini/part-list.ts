/**
 * Blocks of a turn or an answer as parts in their order. The vendor puts a signature on the call that follows; without a
 * call on the part before; without both on an empty text. Another vendor's signature comes ahead of text, so it waits for
 * the first call, else for the end: clients of this API discard thought parts and keep those.
 */
import type { IrBlock, ReasoningBlock, ReasoningSignature } from "../../ir/request.ts";
import { asText, type JsonObject } from "../../std/json.ts";
import { isIssuedBy, type SignatureKind } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

export interface PartList {
  readonly parts: JsonObject[];
  add(part: JsonObject): void;
  /** `next` is the block after it. */
  addBlock(block: IrBlock, next: IrBlock | undefined, path: string): void;
  /** Writes the seal that still waits. */
  end(): void;
}

interface PartListOptions {
  /** Parts of a block that is no reasoning. */
  readonly write: (block: IrBlock, path: string) => readonly JsonObject[];
  /** Members beside the modelled ones, where they may be written. */
  readonly finish: (part: JsonObject, block: ReasoningBlock, path: string) => JsonObject;
  /** Another vendor's signature or encrypted value as it travels; null: it does not. */
  readonly writeForeign: (kind: SignatureKind, signature: ReasoningSignature, path: string) => string | null;
}

export function createPartList(options: PartListOptions): PartList {
  const parts: JsonObject[] = [];
  let ofNextCall: string | null = null;
  /** Another vendor's seal; `since`: the parts before it are no place for it. */
  let waiting: { readonly value: string; readonly since: number } | null = null;
  const release = (): void => {
    if (waiting === null) return;
    const { value, since } = waiting;
    waiting = null;
    const last = parts.at(-1);
    if (last !== undefined && parts.length > since && isText(last)) parts[parts.length - 1] = sealed(last, value);
    else parts.push({ text: "", thoughtSignature: value });
  };
  const addSignature = (value: string, next: IrBlock | undefined): void => {
    const last = parts.at(-1);
    if (next?.type === "tool-call") ofNextCall = value;
    else if (last !== undefined && mayBeSigned(last)) parts[parts.length - 1] = { ...last, thoughtSignature: value };
    else parts.push({ text: "", thoughtSignature: value });
  };
  const addReasoning = (block: ReasoningBlock, next: IrBlock | undefined, path: string): void => {
    const { text, signature, encrypted } = block;
    const own = isIssuedBy(encrypted, PROTOCOL) ? encrypted : isIssuedBy(signature, PROTOCOL) ? signature : null;
    if (text === "" && own !== null) {
      addSignature(own.value, next);
      return;
    }
    release();
    const foreign = own === null ? foreignValue(block, path, options) : null;
    if (text !== "" || own !== null) {
      const signed = own === null ? {} : { thoughtSignature: own.value };
      parts.push(options.finish({ text, thought: true, ...signed }, block, path));
    }
    if (foreign !== null) waiting = { value: foreign, since: parts.length };
  };
  return {
    parts,
    add: (part) => parts.push(part),
    addBlock(block, next, path) {
      if (block.type === "reasoning") {
        addReasoning(block, next, path);
        return;
      }
      const written = options.write(block, path);
      if (block.type !== "tool-call") {
        parts.push(...written);
        return;
      }
      const own = isIssuedBy(block.signature, PROTOCOL) ? block.signature.value : ofNextCall;
      const value = own ?? waiting?.value ?? asText(block.spelling["placeholder"]) ?? null;
      ofNextCall = null;
      if (own === null) waiting = null;
      parts.push(...written.map((part) => (value === null ? part : sealed(part, value))));
    },
    end: release,
  };
}

function sealed(part: JsonObject, value: string): JsonObject {
  return { ...part, thoughtSignature: value };
}

function isText(part: JsonObject): boolean {
  return part["text"] !== undefined && mayBeSigned(part);
}

/** One member for two values: what is encrypted is needed, a signature only proves. */
function foreignValue(
  { signature, encrypted }: ReasoningBlock,
  path: string,
  { writeForeign }: PartListOptions,
): string | null {
  if (encrypted !== null) return writeForeign("encrypted", encrypted, path);
  return signature === null ? null : writeForeign("signature", signature, path);
}

function mayBeSigned(part: JsonObject): boolean {
  return (
    part["thoughtSignature"] === undefined &&
    part["functionCall"] === undefined &&
    part["functionResponse"] === undefined &&
    part["thought"] !== true
  );
}
