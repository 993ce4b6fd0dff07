/** Routes as data: protocols declare them, the server serves them, no other room knows what a path means. */
import type { Operation } from "./facts.ts";

export interface Route {
  /** Id of the protocol (carrier) that speaks here. */
  readonly protocol: string;
  readonly operation: Operation;
  readonly method: "POST" | "GET";
  /**
   * Path with `:name` segments, as in `/:target/v1/messages`; a named segment may have a literal end, as in
   * `/v1beta/models/:target:generateContent`. Literal segments win over named ones, longer ends over shorter.
   */
  readonly path: string;
  /**
   * Where the target stands. `none`: the operation has no target (model lists). `param`: named segments joined by "/".
   * `absent`: the name the vendor takes when the body gives none; left out where the body must give one.
   */
  readonly target:
    | { readonly from: "body"; readonly member: string; readonly absent?: string }
    | { readonly from: "param"; readonly names: readonly string[] }
    | { readonly from: "none" };
  readonly stream:
    | { readonly from: "body"; readonly member: string }
    | { readonly from: "fixed"; readonly value: boolean };
  /** The conversation is to be compacted, not continued. */
  readonly compacts?: true;
  /** Where one path takes several kinds of bodies: the first of these whose member the body holds is what is asked. */
  readonly instead?: readonly RouteVariant[];
}

export interface RouteVariant {
  /** A top-level member. */
  readonly holds: string;
  readonly protocol: string;
  readonly operation: Operation;
}

/** A request's head as every room sees it: no framework type crosses a room. Header names are lower case. */
export interface RequestParts {
  readonly method: string;
  /** Path as sent, before any decoding. */
  readonly path: string;
  /** Without the question mark; "" when there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Named path segments, percent-decoded once. */
  readonly params: Readonly<Record<string, string>>;
}
