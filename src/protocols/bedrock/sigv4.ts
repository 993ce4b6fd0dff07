/**
 * AWS Signature Version 4 over a request as it arrived: the canonical request, the string to sign and the signature
 * (docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request", read 2026-11). Pure; keys come in as text from
 * the one file that may see them.
 */
import type { RequestParts } from "../../ir/route.ts";
import { equalDigests, hmacSha256, sha256Hex, sha256HexOfBytes } from "../../std/digest.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const SERVICE = "bedrock";
const TERMINATOR = "aws4_request";

/** How far a client's clock may be off, as AWS allows. */
const SKEW_MS_MAX = 5 * 60_000;
/** Headers one request may sign; more is no client. */
const SIGNED_HEADERS_MAX = 100;

/** What the authorization header says. */
interface Claim {
  readonly accessKeyId: string;
  /** `20261127`. */
  readonly day: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** True when the head carries a signature in any form, a presigned address included. */
export function isSigned({ headers, query }: RequestParts): boolean {
  return (headers["authorization"] ?? "").trimStart().startsWith("AWS4-") || /(^|&)x-amz-signature=/i.test(query);
}

/** Null: not a signature this service's clients make in a header. */
export function readClaim(authorization: string): Claim | null {
  const match = CLAIM.exec(authorization.trim());
  const [accessKeyId, day, region, service, terminator] = (match?.groups?.["credential"] ?? "").split("/");
  const signature = match?.groups?.["signature"];
  const signedHeaders = (match?.groups?.["headers"] ?? "").split(";");
  if (accessKeyId === undefined || day === undefined || region === undefined || signature === undefined) return null;
  if (service !== SERVICE || terminator !== TERMINATOR || signedHeaders.length > SIGNED_HEADERS_MAX) return null;
  return { accessKeyId, day, region, signedHeaders, signature };
}

/** The three parts in the order every client writes them, a comma or a space between. */
const CLAIM =
  /^AWS4-HMAC-SHA256 +Credential=(?<credential>[^\s,]{1,512})(?:, *| +)SignedHeaders=(?<headers>[^\s,]{1,4096})(?:, *| +)Signature=(?<signature>[0-9a-f]{64})$/;

interface SignedRequest {
  readonly parts: RequestParts;
  readonly body: Uint8Array;
  readonly secretAccessKey: string;
  readonly wallMs: number;
}

/** True when everything that decides what the request does is signed, recently, with this key. */
export function isGenuine(request: SignedRequest): boolean {
  const { parts, wallMs } = request;
  const claim = readClaim(parts.headers["authorization"] ?? "");
  if (claim === null || /(^|&)x-amz-signature=/i.test(parts.query)) return false;
  const date = parts.headers["x-amz-date"] ?? "";
  const signedMs = readDate(date);
  if (signedMs === null || Math.abs(wallMs - signedMs) > SKEW_MS_MAX || !date.startsWith(claim.day)) return false;
  if (!coversEnough(claim, parts)) return false;
  const bodyHash = sha256HexOfBytes(request.body);
  // Another word stands for a body that was not signed, or not as a whole.
  if ((parts.headers["x-amz-content-sha256"] ?? bodyHash) !== bodyHash) return false;
  const expected = signatureOf(request, claim, date, bodyHash);
  return equalDigests(Buffer.from(expected, "latin1"), Buffer.from(claim.signature, "latin1"));
}

/** The host, and every header AWS gives a meaning to: what is not signed could have been added on the way. */
function coversEnough({ signedHeaders }: Claim, { headers }: RequestParts): boolean {
  const signed = new Set(signedHeaders);
  if (!signed.has("host") && !signed.has(":authority")) return false;
  return Object.keys(headers).every((name) => !name.startsWith("x-amz-") || signed.has(name));
}

function signatureOf({ parts, secretAccessKey }: SignedRequest, claim: Claim, date: string, bodyHash: string): string {
  const canonical = [
    parts.method,
    canonicalPath(parts.path),
    canonicalQuery(parts.query),
    ...claim.signedHeaders.map((name) => `${name}:${canonicalValue(headerOf(parts, name))}`),
    "",
    claim.signedHeaders.join(";"),
    bodyHash,
  ].join("\n");
  const scope = `${claim.day}/${claim.region}/${SERVICE}/${TERMINATOR}`;
  const toSign = [ALGORITHM, date, scope, sha256Hex(canonical)].join("\n");
  const key = [claim.region, SERVICE, TERMINATOR].reduce(
    (under, word) => hmacSha256(under, word),
    hmacSha256(`AWS4${secretAccessKey}`, claim.day),
  );
  return Buffer.from(hmacSha256(key, toSign)).toString("hex");
}

/** Over HTTP/2 clients sign the authority, which a server may show as the host. */
function headerOf({ headers }: RequestParts, name: string): string {
  return headers[name] ?? (name === ":authority" ? headers["host"] : undefined) ?? "";
}

function canonicalValue(value: string): string {
  return value.trim().replaceAll(/ +/g, " ");
}

/** Every service but S3 encodes the path once more than it is sent; dot segments are resolved first. */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(escapeUri(segment));
  }
  return `/${segments.join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

/** Sorted by name, then value, both encoded. A percent sign that begins nothing stands for itself. */
export function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      return [escapeUri(decode(name)), escapeUri(decode(value))] as const;
    })
    .toSorted(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Its only reason to throw is a broken escape.
    return text;
  }
}

/** All but letters, digits and `-._~`, in upper-case hexadecimal. A lone surrogate is no text any client can have signed. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `20261127T031500Z`. Null: no such moment. */
function readDate(text: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}
