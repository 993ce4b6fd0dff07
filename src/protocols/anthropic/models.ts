/** The vendor's model list: `GET /v1/models` and one entry of it. */
import type { JsonObject } from "../../std/json.ts";
import type { ListedModel, ModelsOperation } from "../protocol.ts";
import type { ModelInfo } from "./wire.ts";

/** The vendor's own page sizes (platform.claude.com, list models, read 2026-11-21). */
const PAGE_DEFAULT = 20;
const PAGE_MAX = 1000;

export const models: ModelsOperation = {
  // Every official client sends it, and no OpenAI client does.
  recognises: (parts) => parts.headers["anthropic-version"] !== undefined,
  writeList,
  writeOne,
};

/** `query`: limit, after_id and before_id, as the vendor pages. A wrong value reads as none. */
function writeList(list: readonly ListedModel[], query: string): JsonObject {
  const asked = new URLSearchParams(query);
  const limit = pageSize(asked.get("limit"));
  const after = list.findIndex((model) => model.id === asked.get("after_id"));
  const before = list.findIndex((model) => model.id === asked.get("before_id"));
  const start = after >= 0 ? after + 1 : before >= 0 ? Math.max(0, before - limit) : 0;
  const end = before >= 0 && after < 0 ? before : Math.min(list.length, start + limit);
  const page = list.slice(start, end);
  return {
    data: page.map(writeOne),
    has_more: before >= 0 && after < 0 ? start > 0 : end < list.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

function writeOne(model: ListedModel): JsonObject {
  return {
    type: "model",
    id: model.id,
    display_name: model.id,
    created_at: new Date(model.createdMs).toISOString(),
    max_input_tokens: model.contextWindow,
    max_tokens: model.maxOutputTokens,
    capabilities: null,
    lifecycle: "active",
    line: null,
    deprecated_at: null,
    retires_at: null,
  } satisfies ModelInfo;
}

function pageSize(text: string | null): number {
  const size = Number(text ?? PAGE_DEFAULT);
  return Number.isInteger(size) && size >= 1 ? Math.min(size, PAGE_MAX) : PAGE_DEFAULT;
}
