/**
 * Where statements come from: `groundingMetadata` names sources (chunks) and which stretch of the answer rests on which of
 * them (supports). Stretches are counted in bytes of UTF-8 (SDK type Segment), in the IR in characters.
 */
import type { IrCitation } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { spelledObject } from "./members.ts";
import { PROTOCOL } from "./wire.ts";

/** Citations of one answer that are read; the vendor gives a few dozen. */
const CITATIONS_MAX = 512;
/** Longer answers are cited without places: each would cost a walk through the text. Characters. */
const PLACED_CHARS_MAX = 256 * 1024;

/** `text` is the answer the stretches are counted in; null: unknown, so places are left out. */
export function readCitations(grounding: unknown, text: string | null): IrCitation[] {
  const metadata = spelledObject(grounding);
  if (metadata === undefined) return [];
  const chunks = asArray(metadata["groundingChunks"]) ?? [];
  const places = text === null || text.length > PLACED_CHARS_MAX ? null : createPlaces(text);
  const cited = new Set<number>();
  const citations: IrCitation[] = [];
  for (const each of asArray(metadata["groundingSupports"]) ?? []) {
    const support = spelledObject(each) ?? {};
    for (const value of asArray(support["groundingChunkIndices"]) ?? []) {
      const index = asNumber(value) ?? -1;
      const chunk = asObject(chunks[index]);
      if (chunk === undefined || citations.length >= CITATIONS_MAX) continue;
      cited.add(index);
      citations.push(citationOf(chunk, spelledObject(support["segment"]) ?? {}, places));
    }
  }
  for (const [index, chunk] of chunks.entries()) {
    if (cited.has(index) || citations.length >= CITATIONS_MAX) continue;
    citations.push(citationOf(asObject(chunk) ?? {}, {}, null));
  }
  return citations;
}

/** True when citations carry all of it: addresses and stretches, no queries, scores or widgets. */
export function isPlainGrounding(value: unknown): boolean {
  const { groundingChunks, groundingSupports, ...others } = spelledObject(value) ?? {};
  const chunks = asArray(groundingChunks) ?? [];
  const supports = asArray(groundingSupports) ?? [];
  return (
    Object.keys(others).length === 0 &&
    chunks.every((chunk) => holdsOnly(chunk, ["web"]) && holdsOnly(asObject(chunk)?.["web"], ["uri", "title"])) &&
    supports.every((support) => holdsOnly(support, ["segment", "groundingChunkIndices"]))
  );
}

function holdsOnly(value: unknown, names: readonly string[]): boolean {
  return Object.keys(asObject(value) ?? { none: null }).every((name) => names.includes(name));
}

function citationOf(chunk: JsonObject, segment: JsonObject, places: ((byte: number) => number) | null): IrCitation {
  const web = asObject(chunk["web"]) ?? asObject(chunk["maps"]);
  const source = web ?? spelledObject(chunk["retrievedContext"]) ?? asObject(chunk["image"]) ?? {};
  const url = asText(source["uri"]) ?? asText(source["sourceUri"]) ?? null;
  const end = asNumber(segment["endIndex"]);
  const isPlaced = places !== null && end !== undefined && (asNumber(segment["partIndex"]) ?? 0) === 0;
  return {
    kind: web !== undefined && url !== null ? "url" : web === undefined ? "document" : "other",
    url,
    title: asText(source["title"]) ?? null,
    citedText: asText(segment["text"]) ?? null,
    start: isPlaced ? places(asNumber(segment["startIndex"]) ?? 0) : null,
    end: isPlaced ? places(end) : null,
    sourceProtocol: PROTOCOL,
    raw: { chunk, segment },
  };
}

/** Characters ahead of a byte. */
function createPlaces(text: string): (byte: number) => number {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length === text.length) return (byte) => Math.min(text.length, Math.max(0, byte));
  return (byte) => bytes.subarray(0, Math.max(0, byte)).toString("utf8").length;
}

/** Sources and stretches for citations of any vendor; null: none has an address. `text` is the text cited from. */
export function writeGrounding(cited: readonly { citation: IrCitation; text: string }[]): JsonObject | null {
  const chunks: JsonObject[] = [];
  const known = new Map<string, number>();
  const supports: JsonObject[] = [];
  for (const { citation, text } of cited) {
    if (citation.url === null) continue;
    const key = JSON.stringify([citation.url, citation.title]);
    const index = known.get(key) ?? chunks.length;
    if (index === chunks.length) {
      known.set(key, index);
      chunks.push({ web: { uri: citation.url, ...(citation.title === null ? {} : { title: citation.title }) } });
    }
    const segment = writeSegment(citation, text);
    if (segment !== null) supports.push({ segment, groundingChunkIndices: [index] });
  }
  if (chunks.length === 0) return null;
  return { groundingChunks: chunks, ...(supports.length === 0 ? {} : { groundingSupports: supports }) };
}

function writeSegment({ start, end, citedText }: IrCitation, text: string): JsonObject | null {
  const said = citedText === null ? {} : { text: citedText };
  if (start === null || end === null || end > text.length) return citedText === null ? null : said;
  const bytes = (upTo: number): number => Buffer.byteLength(text.slice(0, upTo), "utf8");
  return { startIndex: bytes(start), endIndex: bytes(end), ...said };
}
