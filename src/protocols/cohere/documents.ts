/**
 * Documents: `documents` beside the conversation, and parts of tool results. On this wire a document is a string or a
 * set of named values, and the model sees every name and value. In the IR it is a text with a title.
 */
import { type DocumentBlock, type IrBlock, NO_EXTRAS } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";

/** `citations`: whether the answer shall cite it; null: not said. The document as it came is the spelling. */
export function readDocument(value: unknown, citations: boolean | null): DocumentBlock {
  const document = asObject(value);
  // `{id, data}`, or the values themselves, as the API's first version had them.
  const data = document?.["data"] ?? value;
  const values = asObject(data);
  return {
    type: "document",
    source: { kind: "text", text: values === undefined ? textOf(data) : textOfValues(values) },
    title: asText(values?.["title"]) ?? null,
    context: null,
    citations,
    cache: null,
    extras: NO_EXTRAS,
    spelling: { document: value },
  };
}

/** The document as it came from this wire; undefined: it came from elsewhere. */
export function ownDocument(block: IrBlock): unknown {
  return block.type === "document" ? block.spelling["document"] : undefined;
}

/** A text document of another protocol as a set of named values. */
export function writeDocument(text: string, block: DocumentBlock): JsonObject {
  return {
    data: {
      ...(block.title === null ? {} : { title: block.title }),
      text,
      ...(block.context === null ? {} : { context: block.context }),
    },
  };
}

/** The same for a place that takes nothing but text. */
export function documentAsText(text: string, block: DocumentBlock): string {
  return [block.title, block.context, text].filter((each) => each !== null && each !== "").join("\n");
}

/** The text alone where that and a title are all there is; else every value under its name, as the vendor shows them. */
function textOfValues(values: JsonObject): string {
  const names = Object.keys(values).filter((name) => name !== "title");
  const only = names.length === 1 ? names[0] : undefined;
  if (only !== undefined && TEXT_NAMES.has(only)) return textOf(values[only]);
  return names.map((name) => `${name}: ${textOf(values[name])}`).join("\n");
}

function textOf(value: unknown): string {
  return asText(value) ?? JSON.stringify(value ?? null);
}

const TEXT_NAMES: ReadonlySet<string> = new Set(["text", "snippet", "content", "data"]);
