/**
 * A vendor's own list of models: OpenAI's and Anthropic's shape (`data` of `id`), Gemini's and Cohere's (`models` of `name`),
 * and the bare list some compatible servers give. Sources: the vendors' references of their lists, read 2026-12-01.
 */
import type { ListedFacts } from "../../ir/capability.ts";
import { asArray, asObject, asText } from "../../std/json.ts";
import { listedFactsOf } from "./listed-facts.ts";

export interface VendorList {
  readonly names: ReadonlySet<string>;
  /** By name, of those of which it says more. */
  readonly facts: ReadonlyMap<string, ListedFacts>;
  /** False: the vendor has more than it gave. */
  readonly isComplete: boolean;
  /** What asks for the page after this one; null: there is none, or no way to ask for it. */
  readonly next: { readonly parameter: string; readonly value: string } | null;
}

/** Models of the largest routers are some hundreds. */
const NAMES_MAX = 20_000;

/** Null: it is no list of models. */
export function readVendorList(body: unknown): VendorList | null {
  const whole = asObject(body);
  const listed = asArray(body) ?? asArray(whole?.["data"]) ?? asArray(whole?.["models"]);
  if (listed === undefined) return null;
  const facts = new Map<string, ListedFacts>();
  const names = listed.slice(0, NAMES_MAX).flatMap((each) => {
    const entry = asObject(each);
    const name = (asText(entry?.["id"]) ?? asText(entry?.["name"]))?.replace(/^models\//, "");
    if (name === undefined) return [];
    const said = listedFactsOf(entry);
    if (said !== null) facts.set(name, said);
    return [name];
  });
  const isCut = listed.length > NAMES_MAX || names.length < Math.min(listed.length, NAMES_MAX);
  return { names: new Set(names), facts, isComplete: !isCut && !hasMore(whole), next: isCut ? null : nextPage(whole) };
}

/** As each vendor calls its next page: Gemini, Cohere, Anthropic and OpenAI's shape. */
function nextPage(body: ReturnType<typeof asObject>): VendorList["next"] {
  for (const [member, parameter] of [
    ["nextPageToken", "pageToken"],
    ["next_page_token", "page_token"],
  ] as const) {
    const value = asText(body?.[member]) ?? "";
    if (value !== "") return { parameter, value };
  }
  const last = asText(body?.["last_id"]) ?? "";
  return body?.["has_more"] === true && last !== "" ? { parameter: "after_id", value: last } : null;
}

function hasMore(body: ReturnType<typeof asObject>): boolean {
  const next = [body?.["nextPageToken"], body?.["next_page_token"]];
  return body?.["has_more"] === true || next.some((token) => (asText(token) ?? "") !== "");
}
