/** Leads from a tool of the lane back to the client's own: from a flat name to namespace and name. */
import type { IrRequest } from "../../ir/request.ts";
import { asText, at } from "../../std/json.ts";
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
