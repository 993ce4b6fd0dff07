/** Whose path a call names, and what of the request stands in it: some vendors put the model and the way of answering there. */
import type { Route } from "../ir/route.ts";
import { PROTOCOLS, type Protocol } from "../protocols/index.ts";

export interface Place {
  readonly protocol: Protocol;
  readonly operation: "chat" | "count";
  /** The model the path names; null: the body does. */
  readonly model: string | null;
  /** How the path says it is answered; null: the body does. */
  readonly stream: boolean | null;
}

const ALL: readonly Protocol[] = Object.values(PROTOCOLS);
/** A path that holds this model's name is of a vendor that puts it there. */
const NOBODY = "a-model-of-nobody";
const NOTHING = { upstreamModel: NOBODY, stream: false, template: null, clientPath: "" };

/** null: no simulated vendor has such a path. A path that names no model is the vendor's own, without the gateway's short forms. */
export function findPlace(path: string, protocols: readonly Protocol[] = ALL): Place | null {
  for (const protocol of protocols) {
    const { carrier, operations } = protocol;
    for (const operation of ["chat", "count"] as const) {
      if (operation === "count" && operations.count === undefined) continue;
      if (carrier.upstreamPath({ operation, ...NOTHING }) === path)
        return { protocol, operation, model: null, stream: null };
      const named = namedBy(protocol, operation, path);
      if (named !== null) return named;
    }
  }
  return null;
}

/** A path of a protocol whose own path holds the model: then its routes say where. */
function namedBy(protocol: Protocol, operation: Place["operation"], path: string): Place | null {
  const { carrier } = protocol;
  const fitting = carrier.routes.flatMap((route) => {
    if (route.operation !== operation || route.target.from !== "param") return [];
    const params = fit(route.path, path);
    if (params === null) return [];
    return [{ route, model: route.target.names.map((name) => params[name] ?? "").join("/") }];
  });
  for (const { route, model } of fitting) {
    const stream = route.stream.from === "fixed" ? route.stream.value : null;
    const own = carrier.upstreamPath({ ...NOTHING, operation, upstreamModel: model, stream: stream ?? false });
    // What the vendor is asked at, and not one of the gateway's own short forms. A query says how it is framed.
    if (own !== null && decoded(own.split("?", 1)[0] ?? "") === decoded(path))
      return { protocol, operation, model, stream };
  }
  return null;
}

/** Named segments of a path that fits a route's; null: it does not. A named segment may have a literal end. */
function fit(pattern: Route["path"], path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const value = given[at] ?? "";
    if (!segment.startsWith(":")) {
      if (segment !== value) return null;
      continue;
    }
    const end = segment.indexOf(":", 1);
    const suffix = end === -1 ? "" : segment.slice(end);
    if (value.length <= suffix.length || !value.endsWith(suffix)) return null;
    params[segment.slice(1, end === -1 ? undefined : end)] = decoded(value.slice(0, value.length - suffix.length));
  }
  return params;
}

/** As it stands where it is no encoding at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
