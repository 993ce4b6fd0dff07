/** The vendor's model list: `GET /v1/models` and one entry of it (docs.cohere.com, list models, read 2026-11-27). */
import type { JsonObject } from "../../std/json.ts";
import type { ListedModel, ModelsOperation } from "../protocol.ts";
import type { WireModel } from "./wire.ts";

/** The vendor's own page sizes. */
const PAGE_DEFAULT = 20;
const PAGE_MAX = 1000;

export const models: ModelsOperation = {
  // The official clients say who they are; a path three protocols share needs a sign.
  recognises: ({ headers }) =>
    SDK.test(headers["x-fern-sdk-name"] ?? "") ||
    SDK.test(headers["user-agent"] ?? "") ||
    headers["x-client-name"] !== undefined,
  writeList,
  writeOne,
};

const SDK = /^cohere\b/i;

/** `query`: page_size and page_token, as the vendor pages; a token of ours is a place in the list. A wrong value reads as none. */
function writeList(list: readonly ListedModel[], query: string): JsonObject {
  const asked = new URLSearchParams(query);
  const size = wholeNumber(asked.get("page_size"), PAGE_DEFAULT);
  const limit = size >= 1 ? Math.min(size, PAGE_MAX) : PAGE_DEFAULT;
  const start = Math.min(wholeNumber(asked.get("page_token"), 0), list.length);
  const end = Math.min(list.length, start + limit);
  return {
    models: list.slice(start, end).map(writeOne),
    ...(end < list.length ? { next_page_token: String(end) } : {}),
  };
}

/** What a model can be asked for is not known of every one, so its endpoints are not said. */
function writeOne(model: ListedModel): JsonObject {
  return {
    name: model.id,
    is_deprecated: false,
    finetuned: false,
    ...(model.contextWindow === null ? {} : { context_length: model.contextWindow }),
  } satisfies WireModel;
}

function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
