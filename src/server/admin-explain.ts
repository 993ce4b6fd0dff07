/** `/admin/explain`: what would happen to a request now, as the process that answers sees its lanes. */
import type { Explain } from "../exchange/probing/explain.ts";
import { asObject, asText, type JsonObject } from "../std/json.ts";
import { type AdminAnswer, type AdminRoute, document, refused } from "./admin-route.ts";

export function explainRoutes(explain: Explain): readonly AdminRoute[] {
  return [{ method: "POST", path: "/explain", handle: ({ body }) => answer(explain, body) }];
}

const MEMBERS: ReadonlySet<string> = new Set(["target", "protocol", "request", "headers", "key"]);

async function answer(explain: Explain, body: JsonObject): Promise<AdminAnswer> {
  const unknown = Object.keys(body).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) return bad(`${JSON.stringify(unknown.slice(0, 40))} is not known here.`);
  const target = asText(body["target"]);
  if (target === undefined || target === "") return bad("target must name a model or a pool.");
  const protocol = body["protocol"] ?? null;
  if (protocol !== null && typeof protocol !== "string") return bad("protocol must be a protocol's name.");
  const request = body["request"] === undefined || body["request"] === null ? null : asObject(body["request"]);
  if (request === undefined) return bad("request must be the body of a request, as an object.");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(asObject(body["headers"]) ?? {})) {
    if (typeof value !== "string") return bad("headers must be texts by name.");
    headers[name.toLowerCase()] = value;
  }
  const key = body["key"] ?? null;
  if (key !== null && typeof key !== "string") return bad("key must be the id or the name of a key.");
  const explained = await explain({ target, protocol, request, headers, key });
  if (explained.ok) return document(explained.value);
  const { kind, message } = explained.failure;
  return refused(kind === "unknown-model" ? 404 : 400, kind.replaceAll("-", "_"), message);
}

function bad(message: string): AdminAnswer {
  return refused(400, "invalid_request", message);
}
