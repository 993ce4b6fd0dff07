/** Images, documents and sound of a request: bytes in a format the service names, from whatever form the client sent. */
import type { AudioBlock, DocumentBlock, ImageBlock, IrBlock, MediaSource } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { mediaTypeOf } from "../shared/media-type.ts";
import { withInlineData, withStandardBase64 } from "../shared/media-url.ts";
import { audioWordOf, documentWordOf, imageWordOf, isAudioWord } from "./formats.ts";
import type { ConverseContext } from "./write-context.ts";

type Bytes = Extract<MediaSource, { kind: "base64" }>;

export function writeImage(block: ImageBlock, path: string, context: ConverseContext): JsonObject | null {
  if (block.detail !== null && block.detail !== "auto") {
    context.losses.drop(`${path}.detail`, "the Converse API has no resolution setting");
  }
  const source = bytesOf(block.source, context);
  if (source === null) {
    context.losses.drop(path, "the vendor takes images as bytes and fetches none");
    return null;
  }
  const format = imageWordOf((context.native ? source.mediaType : mediaTypeOf(source)) ?? "");
  if (format === null) {
    context.losses.drop(path, "an image of a kind the vendor does not take");
    return null;
  }
  return { format, source: { bytes: source.data } };
}

export function writeAudio(block: AudioBlock, path: string, context: ConverseContext): JsonObject | null {
  const source = bytesOf(block.source, context);
  if (!context.native && !context.dialect.audio) {
    context.losses.drop(path, "the model takes no audio");
    return null;
  }
  const word = block.format ?? "";
  const format = isAudioWord(word) ? word : audioWordOf(source?.mediaType ?? "");
  if (source === null || format === null) {
    context.losses.drop(path, "audio of a kind the vendor does not take");
    return null;
  }
  return { format, source: { bytes: source.data } };
}

export function writeDocument(block: DocumentBlock, path: string, context: ConverseContext): JsonObject | null {
  const source = writeSource(block, path, context);
  if (source === null) {
    context.losses.drop(path, "a document of a kind the vendor does not take");
    return null;
  }
  return {
    ...source,
    name: context.native ? (block.title ?? "") : writeName(block.title, path, context),
    ...writeNotes(block, path, context),
  };
}

/** Words about a document that not every model reads. */
function writeNotes(block: DocumentBlock, path: string, context: ConverseContext): JsonObject {
  const notes = {
    ...(block.context === null ? {} : { context: block.context }),
    ...(block.citations === null ? {} : { citations: { enabled: block.citations } }),
  };
  if (context.native || context.dialect.documentNotes) return notes;
  for (const name of Object.keys(notes)) context.losses.drop(`${path}.${name}`, "the model takes documents alone");
  return {};
}

function writeSource(block: DocumentBlock, path: string, context: ConverseContext): JsonObject | null {
  const { source } = block;
  const takesWords = context.native || context.dialect.documentNotes;
  switch (source.kind) {
    case "text":
      return writeWords([source.text], takesWords ? "text" : "bytes");
    case "blocks": {
      const texts = textsOf(source.blocks, path, context);
      return texts.length === 0 ? null : writeWords(texts, takesWords ? "content" : "bytes");
    }
    default: {
      const bytes = bytesOf(source, context);
      const format =
        bytes === null ? null : documentWordOf((context.native ? bytes.mediaType : mediaTypeOf(bytes)) ?? "");
      return bytes === null || format === null ? null : { format, source: { bytes: bytes.data } };
    }
  }
}

function writeWords(texts: readonly string[], as: "text" | "content" | "bytes"): JsonObject {
  const format = "txt";
  switch (as) {
    case "text":
      return { format, source: { text: texts.join("\n") } };
    case "content":
      return { format, source: { content: texts.map((text) => ({ text })) } };
    case "bytes":
      return { format, source: { bytes: Buffer.from(texts.join("\n"), "utf8").toString("base64") } };
  }
}

function textsOf(blocks: readonly IrBlock[], path: string, context: ConverseContext): string[] {
  return blocks.flatMap((block, index) => {
    if (block.type === "text") return [block.text];
    context.losses.drop(`${path}.source.content[${index}]`, "blocks of a document are texts");
    return [];
  });
}

/**
 * A name of letters, digits, hyphens, parentheses, brackets and single spaces, once in a request (docs.aws.amazon.com,
 * DocumentBlock, read 2026-11).
 */
function writeName(title: string | null, path: string, context: ConverseContext): string {
  const asked = title ?? `Document ${context.documentNames.size + 1}`;
  const legal = asked
    .replace(/[^A-Za-z0-9 \-()[\]]/g, "-")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, NAME_CHARS_MAX);
  const base = legal === "" ? "Document" : legal;
  let name = base;
  for (let count = 2; context.documentNames.has(name); count++) name = `${base} (${count})`;
  context.documentNames.add(name);
  if (title !== null && name !== title) {
    context.losses.approximate(`${path}.title`, "the vendor takes names of letters, digits and few signs, once each");
  }
  return name;
}

const NAME_CHARS_MAX = 190;

/** Null: an address the vendor does not fetch, or a file of another vendor's. */
function bytesOf(source: MediaSource, { native }: ConverseContext): Bytes | null {
  const inline = withInlineData(native ? source : withStandardBase64(source));
  return inline.kind === "base64" ? inline : null;
}
