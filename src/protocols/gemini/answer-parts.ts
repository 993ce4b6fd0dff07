/** What whole and streamed answers have in common: parts, ids and the names an answer goes by. */

import type { IrBlock, IrCitation } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { writeArguments } from "../shared/arguments.ts";
import { standardBase64 } from "../shared/base64.ts";
import type { Losses } from "../shared/losses.ts";
import { writeOpaqueBlock } from "../shared/opaque-writer.ts";
import { typeOfFormat } from "./media-types.ts";
import { isEmpty, mergeMembers } from "./members.ts";
import { createPartList } from "./part-list.ts";
import { writeId } from "./part-writer.ts";
import { writeSignature } from "./reasoning-signatures.ts";
import { PROTOCOL } from "./wire.ts";

/** As the vendor's: 22 characters. */
export function newResponseId(context: AnswerContext): string {
  return context.newId(22);
}

interface AnswerParts {
  readonly parts: readonly JsonObject[];
  readonly cited: readonly { readonly citation: IrCitation; readonly text: string }[];
}

/** The official SDKs take content without a part for no content, so an empty answer is an empty text. */
export const NO_PARTS: readonly JsonObject[] = [{ text: "" }];

export function writeAnswerParts(
  blocks: readonly IrBlock[],
  path: string,
  writer: { readonly losses: Losses; readonly native: boolean },
): AnswerParts {
  const { losses, native } = writer;
  const finish = (part: JsonObject, extras: JsonObject, place: string): JsonObject => {
    if (native) return mergeMembers(part, extras);
    if (!isEmpty(extras)) losses.dropExtras(place, extras);
    return part;
  };
  const list = createPartList({
    write: (block, place) =>
      writeKind(block, place, writer).map((part) =>
        block.type === "opaque" ? part : finish(part, block.extras, place),
      ),
    finish: (part, block, place) => {
      if (block.encrypted !== null && block.signature !== null) {
        losses.drop(`${place}.signature`, "a part carries one opaque value, and the encrypted one is needed");
      }
      return finish(part, block.extras, place);
    },
    writeForeign: (kind, signature) => writeSignature(kind, signature),
  });
  for (const [index, block] of blocks.entries()) list.addBlock(block, blocks[index + 1], `${path}[${index}]`);
  list.end();
  const cited = blocks.flatMap((block) =>
    block.type === "text" ? block.citations.map((citation) => ({ citation, text: block.text })) : [],
  );
  return { parts: list.parts, cited };
}

function writeKind(
  block: IrBlock,
  path: string,
  { losses, native }: { readonly losses: Losses; readonly native: boolean },
): JsonObject[] {
  switch (block.type) {
    case "text":
      return block.text === "" && !native ? [] : [{ text: block.text }];
    case "refusal":
      return block.text === "" ? [] : [{ text: block.text }];
    case "tool-call":
      return [
        {
          functionCall: { ...writeId(block.id), name: block.name, args: writeArguments(block, `${path}.args`, losses) },
        },
      ];
    case "image":
    case "audio": {
      const media = writeMedia(block);
      if (media === null) losses.drop(path, `a file of another vendor's store`);
      return media === null ? [] : [media];
    }
    case "opaque": {
      const own = writeOpaqueBlock(block, path, { protocol: PROTOCOL, native, losses });
      return own === null ? [] : [own];
    }
    case "document":
    case "tool-result":
      losses.drop(path, `an answer has no place for ${block.type}`);
      return [];
    case "reasoning":
      return [];
  }
}

function writeMedia(block: Extract<IrBlock, { type: "image" | "audio" }>): JsonObject | null {
  const { source } = block;
  const fallback = block.type === "audio" ? typeOfFormat(block.format ?? "wav") : "image/png";
  switch (source.kind) {
    case "base64":
      return { inlineData: { mimeType: source.mediaType ?? fallback, data: standardBase64(source.data) } };
    case "url":
      return { fileData: { mimeType: source.mediaType ?? fallback, fileUri: source.url } };
    case "file":
      return null;
  }
}
