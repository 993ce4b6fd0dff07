/**
 * Leads from a tool of the lane back to the client's own: from a flat name to namespace and name, and from a function
 * to the custom tool it replaced.
 */
import type { IrRequest } from "../../ir/request.ts";
import { asText, at, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { PROTOCOL } from "./wire.ts";

/** `namespace` is left out for a tool that stands in none. */
export interface ToolPlace {
  readonly name: string;
  readonly namespace?: string;
}

/** By flat name; an undeclared name stays as it is. */
export function createPlaces(request: IrRequest | null): (flat: string) => ToolPlace {
  const places = new Map<string, ToolPlace>();
  for (const tool of request?.sourceProtocol === PROTOCOL ? request.tools : []) {
    if (tool.type === "opaque") continue;
    const namespace = asText(at(tool.spelling["place"], "namespace"));
    const name = asText(at(tool.spelling["place"], "name"));
    if (namespace !== undefined && name !== undefined) places.set(tool.name, { name, namespace });
  }
  // A tool outside any namespace that is called the same was declared under that very name.
  for (const tool of places.size === 0 ? [] : (request?.tools ?? [])) {
    if (tool.type !== "opaque" && tool.spelling["place"] === undefined) places.delete(tool.name);
  }
  return (flat) => places.get(flat) ?? { name: flat };
}

/** Names of the client's custom tools. Protocols without any carry their free text as the one member of an object. */
export function customNames(request: IrRequest | null): ReadonlySet<string> {
  const tools = request?.sourceProtocol === PROTOCOL ? request.tools : [];
  return new Set(tools.flatMap((tool) => (tool.type === "custom" ? [tool.name] : [])));
}

/** The free text inside `{"input": "..."}`; anything else is taken as it stands. */
export function unwrapInput(text: string): string {
  try {
    return asText(at(parseJson(text), "input")) ?? text;
  } catch (error) {
    if (error instanceof WireError) return text; // cut short, or never wrapped
    throw error;
  }
}
