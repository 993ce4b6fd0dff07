/** What a route of the admin surface is, and how it answers. The table and its serving stand in admin.ts. */
import type { ByteSource } from "../exchange/contract.ts";
import type { JsonObject } from "../std/json.ts";

export interface AdminRoute {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/admin`, with `:name` segments, and `:name+` for one that may hold slashes; of two that fit, the first of the table is the one. */
  readonly path: string;
  /** Trouble is an answer; what it throws is a bug. */
  readonly handle: (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;
}

export interface AdminRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST or PATCH; an empty one is an empty object. */
  readonly body: JsonObject;
  /** The server stops: what would never end by itself ends now. */
  readonly stopping: AbortSignal;
}

export type AdminAnswer =
  /** `body` null: none, for a 204. */
  | { readonly kind: "document"; readonly status: number; readonly body: object | null }
  /** `code` is for programs, in snake_case; `message` a sentence for people that says what to do. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly kind: "stream"; readonly contentType: string; readonly source: ByteSource };

export function document(body: object | null, status = 200): AdminAnswer {
  return { kind: "document", status, body };
}

export function refused(status: number, code: string, message: string): AdminAnswer {
  return { kind: "refused", status, code, message };
}
