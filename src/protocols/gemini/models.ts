/** The vendor's model list: `GET /v1beta/models` and one entry of it (ai.google.dev/api/models, read 2026-11-27). */
import type { JsonObject } from "../../std/json.ts";
import type { ListedModel, ModelsOperation } from "../protocol.ts";

/** The vendor's own page sizes. */
const PAGE_DEFAULT = 50;
const PAGE_MAX = 1000;

export const models: ModelsOperation = {
  // On a path shared with OpenAI's (version `v1`) only the way the key is sent tells the clients apart.
  recognises: ({ headers, query }) => headers["x-goog-api-key"] !== undefined || new URLSearchParams(query).has("key"),
  writeList,
  writeOne,
};

/** `query`: pageSize and pageToken, as the vendor pages. A token is the name of the last model shown; a wrong value reads as none. */
function writeList(list: readonly ListedModel[], query: string): JsonObject {
  const asked = new URLSearchParams(query);
  const size = pageSize(asked.get("pageSize"));
  const start = list.findIndex((model) => model.id === asked.get("pageToken")) + 1;
  const page = list.slice(start, start + size);
  const last = page.at(-1);
  return {
    models: page.map(writeOne),
    ...(last === undefined || start + size >= list.length ? {} : { nextPageToken: last.id }),
  };
}

function writeOne(model: ListedModel): JsonObject {
  return {
    name: `models/${model.id}`,
    version: "001",
    displayName: model.id,
    description: "",
    ...(model.contextWindow === null ? {} : { inputTokenLimit: model.contextWindow }),
    ...(model.maxOutputTokens === null ? {} : { outputTokenLimit: model.maxOutputTokens }),
    supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"],
  };
}

function pageSize(text: string | null): number {
  const size = Number(text ?? PAGE_DEFAULT);
  return Number.isInteger(size) && size >= 1 ? Math.min(size, PAGE_MAX) : PAGE_DEFAULT;
}
