/** The form of the answer, for Claude's vendors: held to a schema where the model can be, else asked for in words. */
import type { IrOutputFormat } from "../../../ir/request.ts";
import type { WriteContext } from "../write-context.ts";

/** The schema that the model is held to; null: none. */
export function enforcedFormat(
  format: IrOutputFormat | null,
  { native, dialect, losses }: WriteContext,
): Extract<IrOutputFormat, { kind: "json-schema" }> | null {
  if (format === null || format.kind === "text") return null;
  if (format.kind === "json") {
    losses.approximate("response_format", "JSON without a schema is asked for in the system prompt");
    return null;
  }
  if (native || dialect.structuredOutput) return format;
  losses.approximate("response_format", "the model holds to no schema: it is asked to in the system prompt");
  return null;
}

/** What the system prompt says about it; null: nothing. */
export function formatInstruction(format: IrOutputFormat | null, { native, dialect }: WriteContext): string | null {
  if (native || format === null) return null;
  if (format.kind === "json") return JSON_MODE;
  if (format.kind === "text" || dialect.structuredOutput) return null;
  return `${JSON_MODE} It must fit this JSON Schema: ${JSON.stringify(format.schema)}`;
}

const JSON_MODE = "Answer with one JSON object and nothing else.";
