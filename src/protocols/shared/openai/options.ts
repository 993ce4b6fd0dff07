/** Options that both of OpenAI's protocols spell alike, read and written. */
import type { IrOutputFormat, IrRequest } from "../../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../../std/json.ts";
import { shortHash } from "../names/tools.ts";
import { isStrictSchema } from "../schema/strict.ts";
import type { WriteContext } from "../write-context.ts";

/** Null: there are no entries, or some are no texts. */
export function readMetadata(value: unknown): IrRequest["metadata"] {
  const entries = Object.entries(asObject(value) ?? {});
  const texts = entries.flatMap(([name, each]) => (typeof each === "string" ? [[name, each] as const] : []));
  return entries.length === 0 || texts.length < entries.length ? null : Object.fromEntries(texts);
}

/**
 * What an answer shall look like. `definitionOf`: where a protocol keeps the schema. Null: an unknown kind, which stays an
 * extra.
 */
export function readFormat(value: unknown, definitionOf: (format: JsonObject) => JsonObject): IrOutputFormat | null {
  const format = asObject(value);
  switch (format?.["type"]) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "json" };
    case "json_schema":
      return readSchemaFormat(definitionOf(format));
    default:
      return null;
  }
}

function readSchemaFormat({ name, description, schema, strict }: JsonObject): IrOutputFormat {
  return {
    kind: "json-schema",
    name: asText(name) ?? null,
    description: asText(description) ?? null,
    schema: schema ?? null,
    strict: asBoolean(strict) ?? null,
  };
}

export function readUser(body: JsonObject): string | null {
  return asText(body["safety_identifier"]) ?? asText(body["user"]) ?? null;
}

/** A setting cut to what the vendor takes, which judges its own client's. */
export function writeWithin(
  field: string,
  value: number | null,
  [min, max]: readonly [min: number, max: number],
  { native, losses }: WriteContext,
): number | undefined {
  if (value === null) return undefined;
  if (native || (value >= min && value <= max)) return value;
  losses.clamp(field, `the provider takes ${min} to ${max}`);
  return Math.min(max, Math.max(min, value));
}

/** Protocols without the flag always hold the answer to the schema; here only a schema of a certain form can be held to. */
export function writeStrictness(schema: unknown, { losses }: WriteContext): boolean {
  if (isStrictSchema(schema)) return true;
  losses.approximate("response_format", "the provider holds to this schema only loosely");
  return false;
}

/** The vendor takes 64 characters, some compatible ones only plain ones: a longer or odder id is replaced by its hash. */
export function writeUser(user: string | null, { losses }: WriteContext): string | undefined {
  if (user === null) return undefined;
  if (PLAIN_USER.test(user)) return user;
  losses.approximate("user", "written as its hash: it is too long or has odd characters");
  return `user_${shortHash(user)}`;
}

export function writeTier(tier: string | null, { native, losses }: WriteContext): string | undefined {
  if (tier === null || native) return tier ?? undefined;
  if (tier === "auto") return undefined; // the default everywhere
  if (TIERS.has(tier)) return tier;
  losses.drop("service_tier", "the provider has no such tier");
  return undefined;
}

const TIERS: ReadonlySet<string> = new Set(["default", "flex", "scale", "priority"]);
const PLAIN_USER = /^[a-zA-Z0-9_-]{6,64}$/;
