/** What a request names instead of holding it: files, and the sound of earlier answers. */
import type { Reference } from "../../ir/facts.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { OPENAI_FILES } from "../shared/openai/files.ts";
import { createReferences } from "../shared/references.ts";
import { PROTOCOL } from "./wire.ts";

export function readReferences(body: JsonObject): readonly Reference[] | undefined {
  const found = createReferences();
  const messages = asArray(body["messages"]) ?? [];
  for (let index = 0; index < messages.length; index++) {
    const message = asObject(messages[index]);
    const sound = message?.["audio"] === undefined ? undefined : at(message["audio"], "id");
    if (sound !== undefined) found.add(`messages[${index}].audio.id`, sound, HERE);
    const parts = asArray(message?.["content"]) ?? [];
    for (let place = 0; place < parts.length; place++) {
      const file = asObject(parts[place])?.["file"];
      if (file === undefined || asText(at(file, "file_data")) !== undefined) continue;
      found.add(`messages[${index}].content[${place}].file.file_id`, at(file, "file_id"), OPENAI_FILES);
    }
  }
  return found.list();
}

const HERE = [PROTOCOL] as const;
