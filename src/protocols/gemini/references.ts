/** What a request names instead of holding it: a cached prompt, and files only the vendor can read. */
import type { Reference } from "../../ir/facts.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { createReferences, type References } from "../shared/references.ts";
import { isOwnAddress } from "./media-types.ts";
import { either } from "./members.ts";
import { PROTOCOL } from "./wire.ts";

/** `body`: a request, not a count call around one. */
export function readReferences(body: JsonObject): readonly Reference[] | undefined {
  const found = createReferences();
  found.add("cachedContent", either(body, "cachedContent", "cached_content"), HERE);
  const given = body["contents"];
  const contents = asArray(given) ?? [given];
  for (let index = 0; index < contents.length; index++) {
    const parts = asArray(asObject(contents[index])?.["parts"]) ?? [];
    for (let place = 0; place < parts.length; place++) {
      const part = asObject(parts[place]);
      const path = (): string => `contents[${index}].parts[${place}]`;
      addFile(part, path, found);
      const result = asObject(either(part, "functionResponse", "function_response"));
      const inner = asArray(result?.["parts"]) ?? [];
      for (const [at, each] of inner.entries()) {
        addFile(asObject(each), () => `${path()}.functionResponse.parts[${at}]`, found);
      }
    }
  }
  return found.list();
}

const HERE = [PROTOCOL] as const;

function addFile(part: JsonObject | undefined, path: () => string, found: References): void {
  const file = asObject(either(part, "fileData", "file_data"));
  const address = asText(either(file, "fileUri", "file_uri"));
  if (address === undefined || address === "" || !isOwnAddress(address)) return;
  found.add(`${path()}.fileData.fileUri`, address, HERE);
}
