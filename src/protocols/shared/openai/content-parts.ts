/** Content of messages in OpenAI's shape, which other vendors took over: a string, or parts with a type. */
import type { Modality } from "../../../ir/capability.ts";
import { type IrBlock, plainText } from "../../../ir/request.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../../std/json.ts";
import { WireError } from "../../../std/wire-error.ts";
import type { WriteContext } from "../write-context.ts";

export interface ReadContent {
  readonly blocks: readonly IrBlock[];
  /** A string, or nothing at all, instead of a list of parts. */
  readonly wasString: boolean;
}

/** An empty string is no block: it says nothing, and other protocols refuse blank text. `path` names it in errors. */
export function readContent(
  content: unknown,
  path: string,
  readPart: (part: unknown, path: string) => IrBlock | null,
): ReadContent {
  const text = asText(content);
  if (text !== undefined) return { blocks: text === "" ? [] : [plainText(text)], wasString: true };
  const parts = asArray(content);
  if (parts === undefined) throw new WireError(`${path} must be a string or an array of content parts.`);
  const blocks: IrBlock[] = [];
  for (const [index, part] of parts.entries()) {
    const block = readPart(part, `${path}[${index}]`);
    if (block !== null) blocks.push(block);
  }
  return { blocks, wasString: false };
}

/** `example`: a type that a message may name. */
export function needPart(
  value: unknown,
  path: string,
  example: string,
): { readonly part: JsonObject; readonly type: string } {
  const part = asObject(value);
  if (part === undefined) throw new WireError(`${path} must be a content part, an object with a type.`);
  const type = asText(part["type"]);
  if (type === undefined) throw new WireError(`${path}.type must name the kind of content part, such as "${example}".`);
  return { part, type };
}

/** Modalities of the parts in these contents, by the word for the kind of part. Looks, never judges. */
export function modalitiesOf(contents: Iterable<unknown>, kinds: ReadonlyMap<string, Modality>): readonly Modality[] {
  let found: Modality[] | null = null;
  for (const content of contents) {
    for (const part of asArray(content) ?? NO_PARTS) {
      const modality = kinds.get(asText(at(part, "type")) ?? "");
      if (modality === undefined) continue;
      found ??= [];
      if (!found.includes(modality)) found.push(modality);
    }
  }
  return found ?? NO_PARTS;
}

const NO_PARTS: readonly never[] = [];

/** Sound in a part: `{data, format}` under `input_audio`. */
export function readInputAudio(part: JsonObject, path: string) {
  const audio = asObject(part["input_audio"]);
  const data = asText(audio?.["data"]);
  if (data === undefined) throw new WireError(`${path}.input_audio.data must be base64 text.`);
  const format = asText(audio?.["format"]) ?? null;
  const source = { kind: "base64", mediaType: format === null ? null : `audio/${format}`, data } as const;
  return { type: "audio", source, format, transcript: null } as const;
}

/** Open, because a client's own parts are handed on for the vendor to judge. */
export type ContentPart = JsonObject & { readonly type: string };

export function isPart(value: unknown): value is ContentPart {
  return asText(asObject(value)?.["type"]) !== undefined;
}

export function textPart(text: string) {
  return { type: "text", text } as const;
}

/** Null: the part is more than a text. */
function plainTextOf(part: ContentPart): string | null {
  const text = part.type === "text" ? asText(part["text"]) : undefined;
  return text === undefined || Object.keys(part).length !== 2 ? null : text;
}

/** All of it as one text; null when some of it is more. Texts follow each other as the model wrote them. */
export function joinTexts(
  parts: readonly ContentPart[],
  separator: string,
  textOf: (part: ContentPart) => string | null = plainTextOf,
): string | null {
  const texts: string[] = [];
  for (const part of parts) {
    const text = textOf(part);
    if (text === null) return null;
    texts.push(text);
  }
  return texts.join(separator);
}

/** A string where that says it all. */
export function writeContent(parts: readonly ContentPart[], wasString: boolean): string | readonly ContentPart[] {
  const [only] = parts;
  if (only === undefined) return wasString ? "" : [];
  const text = wasString && parts.length === 1 ? plainTextOf(only) : null;
  return text ?? parts;
}

export function loseCitations(count: number, path: string, context: WriteContext): void {
  if (count > 0) context.losses.drop(`${path}.citations`, "the provider takes no citations back");
}
