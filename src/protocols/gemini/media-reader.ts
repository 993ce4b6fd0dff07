/** Images, audio and documents of a part: `inlineData` with the bytes, `fileData` with an address. */
import {
  type AudioBlock,
  type DocumentBlock,
  type Extras,
  type ImageBlock,
  type MediaSource,
  NO_SPELLING,
} from "../../ir/request.ts";
import { asText, type JsonObject } from "../../std/json.ts";
import { formatOf, isOwnAddress, isVideoSite, kindOf, typeOfAddress } from "./media-types.ts";
import { extrasOf, isEmpty, isText, type Shape, spelledObject } from "./members.ts";

/** Null: the IR has no place for it (video, or no data at all). `part` without its data is kept in `rest`. */
export function readMedia(part: JsonObject, rest: Extras): ImageBlock | AudioBlock | DocumentBlock | null {
  const inline = spelledObject(part["inlineData"]);
  if (inline !== undefined) return readInline(inline, rest);
  const file = spelledObject(part["fileData"]);
  return file === undefined ? null : readFile(file, rest);
}

const INLINE_SHAPE: Shape = { mimeType: isText, data: isText, displayName: isText };
const FILE_SHAPE: Shape = { mimeType: isText, fileUri: isText, displayName: isText };

function readInline(inline: JsonObject, rest: Extras): ReturnType<typeof readMedia> {
  const data = asText(inline["data"]);
  if (data === undefined) return null;
  const mediaType = asText(inline["mimeType"]) ?? null;
  const extras = withLeft(rest, "inlineData", extrasOf(inline, INLINE_SHAPE));
  return blockOf({ kind: "base64", mediaType, data }, mediaType, {
    name: asText(inline["displayName"]) ?? null,
    extras,
  });
}

function readFile(file: JsonObject, rest: Extras): ReturnType<typeof readMedia> {
  const url = asText(file["fileUri"]);
  if (url === undefined || isVideoSite(url)) return null;
  const mediaType = asText(file["mimeType"]) ?? null;
  const name = asText(file["displayName"]) ?? null;
  const left = extrasOf(file, FILE_SHAPE);
  if (!isOwnAddress(url)) {
    // A type that the address itself tells is written again by any writer.
    const typeOfUrl = typeOfAddress(url);
    const source = { kind: "url", url, mediaType: mediaType === typeOfUrl ? null : mediaType } as const;
    return blockOf(source, mediaType ?? typeOfUrl, { name, extras: withLeft(rest, "fileData", left) });
  }
  // A file of the vendor's own store has no place for its type, which its own protocol wants back.
  const kept = mediaType === null ? left : { ...left, mimeType: mediaType };
  return blockOf({ kind: "file", id: url }, mediaType, { name, extras: withLeft(rest, "fileData", kept) });
}

function blockOf(
  source: MediaSource,
  mediaType: string | null,
  about: { readonly name: string | null; readonly extras: Extras },
): ReturnType<typeof readMedia> {
  const { name } = about;
  switch (mediaType === null ? "document" : kindOf(mediaType)) {
    case "image": {
      const { detail, extras } = readDetail(about.extras);
      const named = name === null ? extras : withLeft(extras, dataName(source), { displayName: name });
      return { type: "image", source, detail, cache: null, extras: named, spelling: NO_SPELLING };
    }
    case "audio": {
      const extras = name === null ? about.extras : withLeft(about.extras, dataName(source), { displayName: name });
      const format = mediaType === null ? null : formatOf(mediaType);
      return { type: "audio", source, format, transcript: null, extras, spelling: NO_SPELLING };
    }
    case "document":
      return {
        type: "document",
        source,
        title: name,
        context: null,
        citations: null,
        cache: null,
        extras: about.extras,
        spelling: NO_SPELLING,
      };
    case "video":
      return null;
  }
}

function dataName(source: MediaSource): string {
  return source.kind === "base64" ? "inlineData" : "fileData";
}

/** `{level: "MEDIA_RESOLUTION_LOW"}`; one with other members rides whole. */
function readDetail(extras: Extras): { detail: string | null; extras: Extras } {
  const resolution = spelledObject(extras["mediaResolution"]);
  const level = /^MEDIA_RESOLUTION_(LOW|MEDIUM|HIGH|ULTRA_HIGH)$/.exec(asText(resolution?.["level"]) ?? "")?.[1];
  if (resolution === undefined || level === undefined || Object.keys(resolution).length > 1) {
    return { detail: null, extras };
  }
  const { mediaResolution, ...others } = extras;
  return { detail: level.toLowerCase(), extras: others };
}

function withLeft(extras: Extras, name: string, left: Extras): Extras {
  if (isEmpty(left)) return extras;
  const before = spelledObject(extras[name]) ?? {};
  return { ...extras, [name]: { ...before, ...left } };
}
