/** What a request names instead of holding it: files of the vendor's store, and a container with what was made in it. */
import type { Reference } from "../../ir/facts.ts";
import { asArray, asObject, at, type JsonObject } from "../../std/json.ts";
import { isNothing } from "../shared/members.ts";
import { createReferences, type References } from "../shared/references.ts";
import { PROTOCOL } from "./wire.ts";

export function readReferences(body: JsonObject): readonly Reference[] | undefined {
  const found = createReferences();
  // A container of skills alone is a new one.
  const container = body["container"];
  found.add("container", asObject(container) === undefined ? container : at(container, "id"), HERE);
  const messages = asArray(body["messages"]) ?? [];
  for (let index = 0; index < messages.length; index++) {
    addOfContent(at(messages[index], "content"), { path: () => `messages[${index}].content`, depth: 0 }, found);
  }
  return found.list();
}

const HERE = [PROTOCOL] as const;
/** Blocks stand in messages, and inside tool results and documents: no deeper than this. */
const DEPTH_MAX = 4;

function addOfContent(
  content: unknown,
  at: { readonly path: () => string; readonly depth: number },
  found: References,
): void {
  if (at.depth > DEPTH_MAX) return;
  const blocks = asArray(content) ?? [];
  for (let index = 0; index < blocks.length; index++) {
    const block = asObject(blocks[index]);
    const path = (): string => `${at.path()}[${index}]`;
    const source = asObject(block?.["source"]);
    switch (block?.["type"]) {
      case "image":
      case "document":
        if (source?.["type"] === "file") found.add(`${path()}.source.file_id`, source["file_id"], HERE);
        if (source?.["type"] === "content") {
          addOfContent(source["content"], { path: () => `${path()}.source.content`, depth: at.depth + 1 }, found);
        }
        break;
      case "compaction":
        if (isNothing(block["content"]))
          found.addSealed(`${path()}.encrypted_content`, block["encrypted_content"], HERE);
        break;
      case "container_upload":
        found.add(`${path()}.file_id`, block["file_id"], HERE);
        break;
      case "tool_result":
        addOfContent(block["content"], { path: () => `${path()}.content`, depth: at.depth + 1 }, found);
        break;
    }
  }
}
