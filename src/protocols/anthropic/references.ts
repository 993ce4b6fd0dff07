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

interface Place {
  readonly path: () => string;
  readonly depth: number;
}

function addInside(content: unknown, member: string, { path, depth }: Place, found: References): void {
  addOfContent(content, { path: () => path() + member, depth: depth + 1 }, found);
}

function addOfContent(content: unknown, at: Place, found: References): void {
  if (at.depth > DEPTH_MAX) return;
  const blocks = asArray(content) ?? [];
  for (let index = 0; index < blocks.length; index++) {
    const block = asObject(blocks[index]);
    switch (block?.["type"]) {
      case "image":
      case "document": {
        const source = asObject(block["source"]);
        if (source?.["type"] === "file") found.add(`${at.path()}[${index}].source.file_id`, source["file_id"], HERE);
        if (source?.["type"] === "content") addInside(source["content"], `[${index}].source.content`, at, found);
        break;
      }
      case "compaction":
        if (isNothing(block["content"]))
          found.addSealed(`${at.path()}[${index}].encrypted_content`, block["encrypted_content"], HERE);
        break;
      case "container_upload":
        found.add(`${at.path()}[${index}].file_id`, block["file_id"], HERE);
        break;
      case "tool_result":
        if (typeof block["content"] !== "string") addInside(block["content"], `[${index}].content`, at, found);
        break;
    }
  }
}
