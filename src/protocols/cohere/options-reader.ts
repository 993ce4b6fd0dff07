/** Settings of a request: how much to think, what form the answer takes, whether documents are cited. */
import type { IrOutputFormat, IrReasoningConfig } from "../../ir/request.ts";
import { asNumber, asObject, asText, at } from "../../std/json.ts";

/** Null where there is none, or one of an unknown form. */
export function readThinking(value: unknown): IrReasoningConfig | null {
  const thinking = asObject(value);
  const type = asText(thinking?.["type"])?.toLowerCase();
  if (type !== "enabled" && type !== "disabled") return null;
  return { mode: type, effort: null, budgetTokens: asNumber(thinking?.["token_budget"]) ?? null, display: null };
}

/** Null for an unknown kind of format: only this protocol knows it. The schema was called `schema` before it was called `json_schema`. */
export function readFormat(value: unknown): IrOutputFormat | null {
  const format = asObject(value);
  switch (format?.["type"]) {
    case "text":
      return { kind: "text" };
    case "json_object": {
      const schema = asObject(format["json_schema"]) ?? asObject(format["schema"]);
      if (schema === undefined) return { kind: "json" };
      return { kind: "json-schema", name: null, description: null, schema, strict: null };
    }
    default:
      return null;
  }
}

/** Documents are cited unless the client says not to. */
export function areCitationsWanted(options: unknown): boolean {
  const mode = asText(at(options, "mode"))?.toUpperCase();
  return mode !== "OFF" && mode !== "DISABLED";
}
