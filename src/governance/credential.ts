/**
 * Which credential a request carries, wherever clients put one: every client library has a header of its own for it.
 * Agents send a vendor's key from their environment beside the token for this gateway, so one request may carry several.
 */
import type { RequestParts } from "../ir/route.ts";
import { Secret } from "../std/secret.ts";

export type Credential =
  | { readonly kind: "one"; readonly secret: Secret }
  | { readonly kind: "none" }
  /** Different ones, each once. Who is calling is known only where they name one caller. */
  | { readonly kind: "several"; readonly secrets: readonly Secret[] }
  /** A bearer token beside another scheme in one header, or more credentials than a client has. Refused like a wrong one. */
  | { readonly kind: "conflict" };

/** As many as there are carriers. */
const CREDENTIALS_MAX = 5;

interface CredentialOptions {
  /** Reads the query's `key` as well: only for routes of a protocol whose clients send it there. */
  readonly queryKey: boolean;
}

/** Names are lower case. Cookies, signatures and every other query parameter are not carriers. */
const HEADER_CARRIERS = ["x-api-key", "x-goog-api-key", "api-key"] as const;

const HEADERS_ONLY: CredentialOptions = { queryKey: false };

export function readCredential(parts: RequestParts, options: CredentialOptions = HEADERS_ONLY): Credential {
  const plain = plainBearer(parts, options);
  if (plain !== null) return { kind: "one", secret: new Secret(plain) };
  const given: string[] = [];
  const authorization = readAuthorization(header(parts, "authorization"));
  if (authorization === "conflict") return { kind: "conflict" };
  given.push(...authorization);
  // A header sent twice arrives as one value joined by commas, so a comma separates and cannot be part of a credential.
  for (const name of HEADER_CARRIERS) given.push(...splitJoined(header(parts, name)));
  if (options.queryKey && parts.query !== "") given.push(...new URLSearchParams(parts.query).getAll("key"));
  return credentialOf(given);
}

function credentialOf(given: readonly string[]): Credential {
  // Plain comparison: all of them came from the same client, which knows them.
  const [first, ...others] = new Set(given.filter((value) => value !== ""));
  if (first === undefined) return { kind: "none" };
  if (others.length === 0) return { kind: "one", secret: new Secret(first) };
  if (others.length >= CREDENTIALS_MAX) return { kind: "conflict" };
  return { kind: "several", secrets: [first, ...others].map((value) => new Secret(value)) };
}

const ADMIN_PATHS = "/admin/";
/** The second is another router's, and counts on the admin surface alone. */
const ADMIN_HEADERS = ["x-admin-token", "x-router-admin-token"] as const;

/** The admin's token: `Authorization: Bearer` or `X-Admin-Token`, and no carrier of a vendor's. */
export function readAdminCredential(parts: RequestParts): Credential {
  const authorization = readAuthorization(header(parts, "authorization"));
  if (authorization === "conflict") return { kind: "conflict" };
  const names = parts.path.startsWith(ADMIN_PATHS) ? ADMIN_HEADERS : ADMIN_HEADERS.slice(0, 1);
  return credentialOf([...authorization, ...names.flatMap((name) => splitJoined(header(parts, name)))]);
}

/** The one token of a head that carries nothing else, which is nearly every head; null: look closer. */
function plainBearer(parts: RequestParts, options: CredentialOptions): string | null {
  const { headers } = parts;
  const authorization = header(parts, "authorization");
  if (!authorization.startsWith(PLAIN_SCHEME) || (options.queryKey && parts.query !== "")) return null;
  for (const name of HEADER_CARRIERS) if (Object.hasOwn(headers, name)) return null;
  const token = authorization.slice(PLAIN_SCHEME.length);
  return PLAIN_TOKEN.test(token) ? token : null;
}

function header(parts: RequestParts, name: string): string {
  return Object.hasOwn(parts.headers, name) ? (parts.headers[name] ?? "") : "";
}

/**
 * The tokens after `Bearer`, one for each time the header was sent; none for another scheme (a signature holds commas
 * of its own). A Bearer beside anything else is a conflict.
 */
function readAuthorization(value: string): string[] | "conflict" {
  const pieces = splitJoined(value);
  const tokens = pieces.map((piece) => BEARER.exec(piece)?.[1] ?? null).filter((token) => token !== null);
  if (tokens.length === 0) return [];
  return tokens.length === pieces.length ? tokens : "conflict";
}

function splitJoined(value: string): string[] {
  return value === "" ? [] : value.split(",").map((piece) => piece.trim());
}

const PLAIN_SCHEME = "Bearer ";

/** Nothing that separates, and nothing to trim. */
const PLAIN_TOKEN = /^[^\s,]+$/;

/** Scheme in any case, one space, and at least one character that is no space. */
const BEARER = /^bearer +(\S.*)$/is;
