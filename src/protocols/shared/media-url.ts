/** Images and files given as one URL: an address, or a data URI with the bytes in base64. */

import type { MediaSource } from "../../ir/request.ts";
import { standardBase64 } from "./base64.ts";

/** A data URI with base64 content, or a plain address. */
export function readMediaUrl(url: string): MediaSource {
  const match = DATA_URI.exec(url);
  if (match === null) return { kind: "url", url, mediaType: null };
  return { kind: "base64", mediaType: match[1] === "" ? null : (match[1] ?? null), data: url.slice(match[0].length) };
}

/** Null: a reference into a vendor's file store. `mediaTypeDefault` stands where none is known. */
export function writeMediaUrl(source: MediaSource, mediaTypeDefault: string, { native }: Nativeness): string | null {
  switch (source.kind) {
    case "base64":
      return writeDataUri(source, mediaTypeDefault, { native });
    case "url":
      return source.url;
    case "file":
      return null;
  }
}

interface Nativeness {
  /** Written to the protocol it was read from: a client's own spelling is the vendor's to judge. */
  readonly native: boolean;
}

export function writeDataUri(
  source: Pick<InlineSource, "mediaType" | "data">,
  mediaTypeDefault: string,
  { native }: Nativeness,
): string {
  return `data:${source.mediaType ?? mediaTypeDefault};base64,${native ? source.data : standardBase64(source.data)}`;
}

type InlineSource = Extract<MediaSource, { kind: "base64" }>;

/** Bytes in the spelling every vendor takes; any other source as it is. */
export function withStandardBase64(source: MediaSource): MediaSource {
  return source.kind === "base64" ? { ...source, data: standardBase64(source.data) } : source;
}

/** A data URI as the bytes it holds, which a vendor that fetches addresses cannot fetch; any other source as it is. */
export function withInlineData(source: MediaSource): MediaSource {
  if (source.kind !== "url") return source;
  const read = readMediaUrl(source.url);
  if (read.kind !== "base64") return source;
  return { ...read, mediaType: read.mediaType?.split(";")[0] ?? source.mediaType };
}

const DATA_URI = /^data:([^,]{0,200}?);base64,/i;
