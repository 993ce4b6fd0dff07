/** What a request names instead of holding it: stored answers, conversations, items, prompts and files. */
import type { Reference } from "../../ir/facts.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { OPENAI_FILES } from "../shared/openai/files.ts";
import { createReferences, type References } from "../shared/references.ts";
import { COMPACTIONS, readSummary } from "./compaction.ts";
import { PROTOCOL } from "./wire.ts";

export function readReferences(body: JsonObject): readonly Reference[] | undefined {
  const found = createReferences();
  found.add("previous_response_id", body["previous_response_id"], HERE);
  found.add("conversation", at(body["conversation"], "id") ?? body["conversation"], HERE);
  found.add("prompt.id", at(body["prompt"], "id"), HERE);
  const items = asArray(body["input"]) ?? [];
  for (let index = 0; index < items.length; index++) addOfItem(asObject(items[index]), index, found);
  return found.list();
}

const HERE = [PROTOCOL] as const;

function addOfItem(item: JsonObject | undefined, index: number, found: References): void {
  if (item === undefined) return;
  const { type, role, id, content, output } = item;
  // The type of a reference may be left out.
  if (type === "item_reference" || ((type ?? null) === null && role === undefined && asText(id) !== undefined)) {
    found.add(`input[${index}].id`, id, HERE);
  }
  if (COMPACTIONS.has(type) && readSummary(item) === null) {
    found.addSealed(`input[${index}].encrypted_content`, item["encrypted_content"], HERE);
  }
  addFiles(content, () => `input[${index}].content`, found);
  addFiles(output, () => `input[${index}].output`, found);
}

/** Bytes or an address beside the id hold the content themselves. */
function addFiles(content: unknown, path: () => string, found: References): void {
  const parts = asArray(content) ?? [];
  for (let index = 0; index < parts.length; index++) {
    const part = asObject(parts[index]);
    if (part?.["file_id"] === undefined || INSTEAD.some((name) => asText(part[name]) !== undefined)) continue;
    // The other protocol takes files by id, and no images.
    found.add(`${path()}[${index}].file_id`, part["file_id"], part["type"] === "input_file" ? OPENAI_FILES : HERE);
  }
}

const INSTEAD = ["image_url", "file_data", "file_url"] as const;
