/**
 * One guarded parse of the client's body: sizes and depth before anything parses it, duplicates of what the gateway
 * decides on, then the facts. Relay and translation both work from what this returns.
 */
import { NO_NEEDS } from "../../ir/capability.ts";
import type { TranslationMode } from "../../ir/deployment.ts";
import type { Facts, Operation, PayloadFacts } from "../../ir/facts.ts";
import { type Failed, failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { RequestParts, Route, RouteVariant } from "../../ir/route.ts";
import type { Payload, Protocol, RelayedOperation, RelayedOperationId } from "../../protocols/protocol.ts";
import { decodeUtf8 } from "../../std/bytes.ts";
import { asObject, asText, JSON_LIMITS, type JsonObject, parseBody, scanJson, type TopMember } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { type Form, readForm } from "./form.ts";

export interface ParsedRequest {
  readonly facts: Facts;
  /** False: the client named no model, and the target is the one its vendor would have taken. */
  readonly named: boolean;
  /** The body is a form and not JSON; null: it is JSON. */
  readonly form: Form | null;
  /** The client's own bytes and where their top-level members stand. */
  readonly bytes: Uint8Array;
  readonly members: readonly TopMember[];
  /** Of a form: its short text fields. */
  readonly body: JsonObject;
}

/** Longest target name that is looked up at all, in characters. */
const TARGET_CHARS_MAX = 512;

interface FactsInput {
  readonly route: Route;
  readonly parts: RequestParts;
  readonly body: Uint8Array;
  readonly protocol: Protocol;
}

export function readFacts(input: FactsInput): Result<ParsedRequest> {
  const { route, parts } = input;
  const type = parts.headers["content-type"];
  const isForm = TAKE_FORMS.has(route.operation) && type?.trim().toLowerCase().startsWith("multipart/") === true;
  return isForm ? readFormFacts(input, type) : readJsonFacts(input);
}

/** Pictures and sound come as files beside the words. */
const TAKE_FORMS: ReadonlySet<Facts["operation"]> = new Set<Facts["operation"]>(["image", "audio"]);

function readJsonFacts(input: FactsInput): Result<ParsedRequest> {
  const { route, parts, body } = input;
  const wrongType = checkContentType(parts);
  if (wrongType !== null) return refused("unsupported-body", wrongType);
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    return refused("invalid-request", "The request body begins with a byte order mark. Send it without one.");
  }
  const scan = scanJson(body, JSON_LIMITS);
  if (scan.kind === "bad") return refused("invalid-request", scan.message);
  const duplicate = duplicateOf(scan.members, decidedNames(route, input.protocol.payload));
  if (duplicate !== null) {
    return refused("invalid-request", `The request body names "${duplicate}" more than once. Send it once.`);
  }
  const parsed = parse(body, scan.exactNumbers);
  if (!parsed.ok) return parsed;
  const wrongStream = checkStream(route, parsed.value);
  if (wrongStream !== null) return refused("invalid-request", wrongStream);
  const stream = route.stream.from === "fixed" ? route.stream.value : parsed.value[route.stream.member] === true;
  return withTarget(input, { bytes: body, members: scan.members, body: parsed.value, form: null }, stream);
}

function readFormFacts(input: FactsInput, contentType: string): Result<ParsedRequest> {
  const { route, body } = input;
  if (isEncoded(input.parts)) return refused("unsupported-body", UNKNOWN_ENCODING);
  const form = readForm(body, contentType, decidedNames(route, input.protocol.payload));
  if (!form.ok) return form;
  const { texts } = form.value;
  const stream = route.stream.from === "body" && texts[route.stream.member] === "true";
  return withTarget(input, { bytes: body, members: [], body: texts, form: form.value }, stream);
}

function withTarget(
  input: FactsInput,
  read: Pick<ParsedRequest, "bytes" | "members" | "body" | "form">,
  stream: boolean,
): Result<ParsedRequest> {
  const { route, parts, protocol } = input;
  const target = targetOf(route, parts, read.body);
  if (!target.ok) return target;
  const facts: Facts = {
    ...payloadFacts(protocol, route, parts, read.body),
    operation: route.operation,
    ...(route.compacts === true ? { compacts: true } : {}),
    target: target.value.name,
    stream,
    bodyBytes: read.bytes.length,
    inputTokensEstimate: read.form === null ? estimateTokens(read.bytes) : read.form.tokensEstimate,
  };
  return ok({ facts, named: target.value.named, ...read });
}

/** A payload knows the bodies of chat; the other operations ask for nothing but themselves, or know their own. */
function payloadFacts(protocol: Protocol, route: Route, parts: RequestParts, body: JsonObject): PayloadFacts {
  switch (route.operation) {
    case "chat":
    case "count":
      return protocol.payload.readFacts(body);
    case "embed":
    case "rerank":
    case "models":
      return NOTHING_NEEDED;
    default:
      return relayedOperation(protocol, route.operation)?.readFacts(body, parts.path) ?? NOTHING_NEEDED;
  }
}

/** Operations beside chat that are passed on in the protocol's own shape, and never written anew. */
export function relayedOperation(protocol: Protocol, operation: Operation): RelayedOperation | undefined {
  return isRelayed(operation) ? protocol.operations.relayed?.[operation] : undefined;
}

const RELAYED: ReadonlySet<Operation> = new Set<Operation>(["complete", "moderate", "image", "audio"]);

export function isRelayed(operation: Operation): operation is RelayedOperationId {
  return RELAYED.has(operation);
}

const NOTHING_NEEDED: PayloadFacts = { maxOutputTokens: 0, needs: NO_NEEDS, usageAsked: true };

/** The route as the body means it, where its path takes several kinds of bodies. */
export function variantOf(route: Route, body: Uint8Array): Route {
  const variants = route.instead;
  if (variants === undefined) return route;
  const scan = scanJson(body, JSON_LIMITS);
  if (scan.kind === "bad") return route;
  const found = variants.find(({ holds }) => scan.members.some(({ name }) => name === holds));
  return found === undefined ? route : madeVariant(route, found);
}

/** Made once per variant: what is remembered of a route goes by its identity. */
const VARIANTS = new WeakMap<RouteVariant, Route>();

function madeVariant(route: Route, variant: RouteVariant): Route {
  const known = VARIANTS.get(variant);
  if (known !== undefined && known.path === route.path) return known;
  const { instead: _instead, ...rest } = route;
  const made = { ...rest, protocol: variant.protocol, operation: variant.operation };
  VARIANTS.set(variant, made);
  return made;
}

/** As nearly every client sends it. */
const JSON_TYPE = "application/json";

/** null: fine. A missing content type is taken for JSON, as vendors do. */
function checkContentType(parts: RequestParts): string | null {
  if (parts.headers["content-encoding"] === undefined && parts.headers["content-type"] === JSON_TYPE) return null;
  if (isEncoded(parts)) return UNKNOWN_ENCODING;
  const type = parts.headers["content-type"]?.toLowerCase() ?? "";
  if (type === "") return null;
  const [media = "", ...options] = type.split(";").map((part) => part.trim());
  const charset = options
    .find((option) => option.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const isJson = media === JSON_TYPE || (media.startsWith("application/") && media.endsWith("+json"));
  if (!isJson) return "The request body must be JSON. Send it with content-type: application/json.";
  return charset === undefined || charset === "utf-8" || charset === "utf8"
    ? null
    : "The request body must be JSON in UTF-8.";
}

const UNKNOWN_ENCODING =
  "This content-encoding is not known here. Send the body with gzip, deflate, br or zstd, at most two of them, or without.";

/** The server has decoded what it knows, and taken the header away with it. */
function isEncoded(parts: RequestParts): boolean {
  const encoding = parts.headers["content-encoding"]?.trim().toLowerCase();
  return encoding !== undefined && encoding !== "" && encoding !== "identity";
}

/** Made once per route: routes and payloads are tables that never change. */
const DECIDED = new WeakMap<Route, ReadonlySet<string>>();

function decidedNames(route: Route, payload: Payload): ReadonlySet<string> {
  const known = DECIDED.get(route);
  if (known !== undefined) return known;
  const names = new Set(payload.routedMembers);
  if (route.target.from === "body") names.add(route.target.member);
  if (route.stream.from === "body") names.add(route.stream.member);
  DECIDED.set(route, names);
  return names;
}

function duplicateOf(members: readonly TopMember[], decided: ReadonlySet<string>): string | null {
  // No longer than the names that decide.
  const seen: string[] = [];
  for (const { name } of members) {
    if (!decided.has(name)) continue;
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return null;
}

function parse(bytes: Uint8Array, exactNumbers: boolean): Result<JsonObject> {
  try {
    const body = asObject(parseBody(decodeUtf8(bytes), exactNumbers));
    return body === undefined ? refused("invalid-request", "The request body must be a JSON object.") : ok(body);
  } catch (error) {
    if (error instanceof WireError) return refused("invalid-request", "The request body is not valid JSON.");
    throw error;
  }
}

interface NamedTarget {
  readonly name: string;
  readonly named: boolean;
}

function targetOf(route: Route, parts: RequestParts, body: JsonObject): Result<NamedTarget> {
  const target =
    route.target.from === "body"
      ? asText(body[route.target.member])
      : route.target.from === "param"
        ? route.target.names.map((name) => parts.params[name] ?? "").join("/")
        : undefined;
  if (
    route.target.from === "body" &&
    route.target.absent !== undefined &&
    (body[route.target.member] ?? null) === null
  ) {
    return ok({ name: route.target.absent, named: false });
  }
  if (target === undefined || target === "") {
    return refused("invalid-request", 'The request names no model: "model" must be a non-empty string.');
  }
  if (target.length > TARGET_CHARS_MAX) {
    return refused("invalid-request", `The name of the model is longer than ${TARGET_CHARS_MAX} characters.`);
  }
  return ok({ name: target, named: true });
}

/** A vendor may read the text "true" as true and stream; here the answer is expected whole. null: fine. */
function checkStream(route: Route, body: JsonObject): string | null {
  if (route.stream.from === "fixed") return null;
  const asked = body[route.stream.member] ?? null;
  return asked === null || typeof asked === "boolean" ? null : `"${route.stream.member}" must be true or false.`;
}

/** Strings longer than this with no space near their start are taken for base64 and not for prose. Bytes. */
const OPAQUE_BYTES_MIN = 4096;
const OPAQUE_LOOK_BYTES = 256;
const QUOTE = 0x22;
const SPACE = 0x20;
/** Vendors' tokenizers give 3 to 4.5 bytes of English or JSON a token; errs to the high side. */
const BYTES_PER_TOKEN = 3.5;

/** Rough prompt size: bytes that are not inline media, by the byte. */
export function estimateTokens(body: Uint8Array): number {
  let prose = body.length;
  if (body.length > OPAQUE_BYTES_MIN) {
    for (let at = body.indexOf(QUOTE); at !== -1; ) {
      const next = body.indexOf(QUOTE, at + 1);
      if (next === -1) break;
      const length = next - at;
      if (length > OPAQUE_BYTES_MIN && !body.subarray(at, at + OPAQUE_LOOK_BYTES).includes(SPACE)) prose -= length;
      at = next;
    }
  }
  return Math.ceil(prose / BYTES_PER_TOKEN);
}

const TIGHTNESS = ["lenient", "strict", "off"] as const satisfies readonly TranslationMode[];

/** The configured mode, or the header's where that is tighter. A word that is none is a refusal. */
export function translationMode(configured: TranslationMode, header: string | undefined): Result<TranslationMode> {
  if (header === undefined) return ok(configured);
  const asked = TIGHTNESS.find((mode) => mode === header.trim().toLowerCase());
  if (asked === undefined) return refused("invalid-request", "x-ringmain-translation must be lenient, strict or off.");
  return ok(tighterMode(configured, asked));
}

export function tighterMode(one: TranslationMode, other: TranslationMode): TranslationMode {
  return TIGHTNESS.indexOf(other) > TIGHTNESS.indexOf(one) ? other : one;
}

function refused(kind: "invalid-request" | "unsupported-body", message: string): Failed {
  return failed(failure(kind, message));
}
