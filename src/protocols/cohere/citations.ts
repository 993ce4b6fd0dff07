/**
 * Citations: spans of the answer with the documents or tool results they rest on. On this wire they stand beside the
 * content and count the characters of one content part; in the IR each belongs to a block.
 */
import type { IrBlock, IrCitation } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { PROTOCOL, type WireCitation } from "./wire.ts";

export function readCitation(value: unknown): IrCitation {
  const source = asObject(asArray(at(value, "sources"))?.[0]) ?? {};
  const values = asObject(source["document"]) ?? asObject(source["tool_output"]) ?? {};
  const url = asText(values["url"]) ?? null;
  return {
    kind: url !== null ? "url" : Object.keys(source).length > 0 ? "document" : "other",
    url,
    title: asText(values["title"]) ?? asText(source["id"]) ?? null,
    // `text` is the answer's own words; what is quoted is the source's.
    citedText: asText(values["snippet"]) ?? asText(values["text"]) ?? null,
    start: asNumber(at(value, "start")) ?? null,
    end: asNumber(at(value, "end")) ?? null,
    sourceProtocol: PROTOCOL,
    raw: value,
  };
}

/** Where a citation stands: the plan, the thoughts, or the content part of that number (null: not said). */
export function placeOf(value: unknown): { readonly kind: "text" | "plan" | "thinking"; readonly part: number | null } {
  const type = asText(at(value, "type"));
  const kind = type === "PLAN" ? "plan" : type === "THINKING_CONTENT" ? "thinking" : "text";
  return { kind, part: asNumber(at(value, "content_index")) ?? null };
}

/** What a writer knows of the text a citation stands behind. */
interface CitedText {
  readonly contentIndex: number;
  /** Where the cited block begins in its part, and the text of the block so far. */
  readonly from: number;
  readonly text: string;
  /** Unique to the answer: the vendor names every source. */
  readonly sourceId: string;
}

/**
 * A citation of another protocol. One without a span stands for its whole block: protocols without spans cut the text
 * into blocks so that each is one statement.
 */
export function writeCitation(citation: IrCitation, place: CitedText): WireCitation | JsonObject {
  if (citation.sourceProtocol === PROTOCOL) return asObject(citation.raw) ?? {};
  const { start, end } = citation;
  const spanned = start !== null && end !== null && start >= 0 && end >= start && end <= place.text.length;
  const [from, to] = spanned ? [start, end] : [0, place.text.length];
  const document = {
    id: place.sourceId,
    ...(citation.title === null ? {} : { title: citation.title }),
    ...(citation.url === null ? {} : { url: citation.url }),
    ...(citation.citedText === null ? {} : { snippet: citation.citedText }),
  };
  return {
    start: place.from + from,
    end: place.from + to,
    text: place.text.slice(from, to),
    sources: [{ type: "document", id: place.sourceId, document }],
    content_index: place.contentIndex,
    type: "TEXT_CONTENT",
  } satisfies WireCitation;
}

/** Blocks with their citations, and the citations that have no block. `plan`: the number of the plan's block; -1: none. */
export function cite(
  blocks: readonly IrBlock[],
  list: readonly unknown[],
  plan: number,
): { readonly blocks: readonly IrBlock[]; readonly homeless: readonly unknown[] } {
  if (list.length === 0) return { blocks, homeless: [] };
  const found = new Map<number, IrCitation[]>();
  const homeless: unknown[] = [];
  for (const each of list) {
    const { kind, part } = placeOf(each);
    const index = kind === "plan" ? plan : kind === "text" ? (part ?? firstText(blocks)) : -1;
    if (blocks[index]?.type === "text") found.set(index, [...(found.get(index) ?? []), readCitation(each)]);
    else homeless.push(each);
  }
  const cited = blocks.map((block, index) => {
    const citations = found.get(index);
    return citations === undefined || block.type !== "text" ? block : { ...block, citations };
  });
  return { blocks: cited, homeless };
}

function firstText(blocks: readonly IrBlock[]): number {
  return blocks.findIndex(({ type }) => type === "text");
}
