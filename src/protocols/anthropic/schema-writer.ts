/** JSON Schemas as the vendor takes them: objects at the top for tools, closed objects for structured answers. */
import { asObject, type JsonObject } from "../../std/json.ts";
import { closeSchema, objectSchema } from "../shared/schema/closed.ts";
import type { MessagesContext } from "./write-context.ts";

/** `input_schema` must be an object schema without a combinator at its top. */
export function writeInputSchema(parameters: unknown, path: string, context: MessagesContext): JsonObject {
  const own = context.native ? asObject(parameters) : undefined;
  return (
    own ??
    objectSchema(parameters, (detail, at) => context.losses.approximate(at === "type" ? `${path}.type` : path, detail))
  );
}

/** What `output_config.format` demands. */
export function writeOutputSchema(schema: unknown, path: string, context: MessagesContext): unknown {
  if (context.native) return schema;
  const changes = new Set<string>();
  const written = closeSchema(schema, changes);
  for (const change of changes) context.losses.approximate(path, change);
  return written;
}
