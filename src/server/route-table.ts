/** Routes as the router wants them, and what it cannot tell: which methods a path would have taken. */
import type { Route } from "../ir/route.ts";

export interface RouteEntry {
  readonly route: Route;
  /** The route's path with its named segments called by their place, so that no two routes disagree about a name. */
  readonly pattern: string;
  readonly params: readonly RouteParam[];
}

interface RouteParam {
  readonly name: string;
  readonly key: string;
  /** Literal end of the segment, not part of the value; "" as a rule. */
  readonly suffix: string;
}

export interface RouteTable {
  /** Literal segments before named ones: the first that matches is the one. */
  readonly entries: readonly RouteEntry[];
  /** Every entry a path fits, whatever the method. */
  fitting(path: string): readonly RouteEntry[];
}

export function routeTable(routes: readonly Route[]): RouteTable {
  // Where two protocols share a path, the first stands for both; who speaks is then seen from the head.
  const unique = new Map<string, RouteEntry>();
  for (const route of routes) {
    const entry = entryOf(route);
    const key = `${route.method} ${entry.pattern}`;
    if (!unique.has(key)) unique.set(key, entry);
  }
  const entries = [...unique.values()].sort((left, right) => compareSegments(left.route.path, right.route.path));
  return {
    entries,
    fitting: (path) => entries.filter((entry) => fits(entry.route.path, path)),
  };
}

function entryOf(route: Route): RouteEntry {
  const params: RouteParam[] = [];
  const segments = route.path.split("/").map((segment, index) => {
    if (!isNamed(segment)) return segment;
    const { name, suffix } = nameOf(segment);
    const key = `p${index}`;
    params.push({ name, key, suffix });
    return suffix === "" ? `:${key}` : `:${key}{.+${suffix}}`;
  });
  return { route, pattern: segments.join("/"), params };
}

function isNamed(segment: string): boolean {
  return segment.startsWith(":");
}

/** `:target:generateContent` is a segment named `target` that ends with `:generateContent`. */
function nameOf(segment: string): { name: string; suffix: string } {
  const end = segment.indexOf(":", 1);
  return end === -1
    ? { name: segment.slice(1), suffix: "" }
    : { name: segment.slice(1, end), suffix: segment.slice(end) };
}

function compareSegments(left: string, right: string): number {
  const rights = right.split("/");
  for (const [index, segment] of left.split("/").entries()) {
    const other = rights[index];
    if (other === undefined) return 0;
    if (isNamed(segment) !== isNamed(other)) return isNamed(segment) ? 1 : -1;
    if (isNamed(segment) && isNamed(other)) {
      const longer = nameOf(other).suffix.length - nameOf(segment).suffix.length;
      if (longer !== 0) return longer;
    }
  }
  return 0;
}

function fits(wantedPath: string, path: string): boolean {
  const wanted = wantedPath.split("/");
  const given = path.split("/");
  return wanted.length === given.length && wanted.every((segment, index) => fitsSegment(segment, given[index] ?? ""));
}

function fitsSegment(wanted: string, given: string): boolean {
  if (!isNamed(wanted)) return wanted === given;
  const { suffix } = nameOf(wanted);
  return given.length > suffix.length && given.endsWith(suffix);
}
