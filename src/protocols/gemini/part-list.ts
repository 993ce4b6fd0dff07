/**
 * Blocks of a turn or an answer as parts in their order. A signature stands on the call that follows, else on the part
 * before, else on an empty text of its own, as the vendor itself sends them.
 */
import type { IrBlock, ReasoningBlock, ReasoningSignature } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { isIssuedBy, type SignatureKind } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

export interface PartList {
  readonly parts: JsonObject[];
  add(part: JsonObject): void;
  /** `next` is the block after it. */
  addBlock(block: IrBlock, next: IrBlock | undefined, path: string): void;
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
    const value = own?.value ?? foreignValue(block, path, options);
    if (text === "" && value === null) return;
    const signed = value === null ? {} : { thoughtSignature: value };
    parts.push(options.finish({ text, thought: true, ...signed }, block, path));
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
      ofNextCall = null;
      parts.push(...written.map((part) => (own === null ? part : { ...part, thoughtSignature: own })));
    },
  };
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
