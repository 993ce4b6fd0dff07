/**
 * Which headers pass between client and lane: an allow-list of the protocol and the operator's additions, and a list of
 * what never passes whatever is allowed. Names are lower case throughout.
 */
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { Protocol } from "../protocols/protocol.ts";

/** Hop-by-hop (RFC 9110 section 7.6.1), credentials, cookies, addresses, framing, and what the gateway owns. */
const NEVER = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
  "content-length",
  "content-encoding",
  "accept-encoding",
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-amz-security-token",
  "x-admin-token",
  "cookie",
  "set-cookie",
  "set-cookie2",
  "www-authenticate",
  "forwarded",
  "via",
  "server",
  "openai-organization",
  "openai-project",
  "anthropic-organization-id",
  "anthropic-workspace-id",
  "user-agent",
]);
const NEVER_PREFIXES = [
  "x-forwarded-",
  "x-ringmain-",
  "x-router-",
  "x-real-",
  "cf-",
  "x-litellm-",
  "x-portkey-",
  "x-bf-",
  "helicone-",
  "sec-",
];

/** Client headers to a lane, lane headers to a client. */
export interface HeaderFilters {
  requestFilter(ingress: Protocol, egress: Protocol, lane: Lane): HeaderFilter;
  responseFilter(egress: Protocol, ingress: Protocol): HeaderFilter;
}

/**
 * The filters of a deployment, compiled once. A protocol's own headers pass where client and lane speak the same; the
 * operator's additions and traces always pass upstream.
 */
export function createHeaderFilters({ lanes, providers }: Deployment, protocols: readonly Protocol[]): HeaderFilters {
  const requests = new Map(
    Object.values(lanes).map(({ id, doors, provider }) => {
      const extra = [...TRACE_HEADERS, ...(providers[provider]?.forwardHeaders ?? [])];
      const same = doors.map(({ protocol }): [string, HeaderFilter] => {
        const own = protocols.find((each) => each.id === protocol)?.carrier.headers.request ?? [];
        return [protocol, createHeaderFilter([...own, ...extra])];
      });
      return [id, { same: new Map(same), other: createHeaderFilter(extra) }];
    }),
  );
  const responses = new Map(protocols.map(({ id, carrier }) => [id, createHeaderFilter(carrier.headers.response)]));
  return {
    requestFilter(ingress, egress, lane) {
      const filters = requests.get(lane.id);
      const isSame = ingress.payload.id === egress.payload.id;
      return (isSame ? filters?.same.get(egress.id) : filters?.other) ?? nothing;
    },
    responseFilter: (egress, ingress) =>
      egress.payload.id === ingress.payload.id ? (responses.get(egress.id) ?? nothing) : nothing,
  };
}

/** Answers a record of its own, which the caller may add to. */
export type HeaderFilter = (headers: Readonly<Record<string, string>>) => Record<string, string>;

/** Verdicts remembered per list. Clients send a few dozen names; of more only the first ones are remembered. */
const VERDICTS_MAX = 256;

/** `allowed`: names, or prefixes with a trailing `*`. */
export function createHeaderFilter(allowed: readonly string[]): HeaderFilter {
  const names = new Set(allowed.filter((each) => !each.endsWith("*")));
  const prefixes = allowed.filter((each) => each.endsWith("*")).map((each) => each.slice(0, -1));
  const judge = (name: string): boolean =>
    !isNever(name) && (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
  const verdicts = new Map<string, boolean>();
  const mayPass = (name: string): boolean => {
    const known = verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = judge(name);
    if (verdicts.size < VERDICTS_MAX) verdicts.set(name, verdict);
    return verdict;
  };
  return (headers) => {
    const named = namedByConnection(headers);
    const passed: Record<string, string> = {};
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined && mayPass(name) && !named.has(name)) passed[name] = value;
    }
    return passed;
  };
}

const nothing = createHeaderFilter([]);

function isNever(name: string): boolean {
  return NEVER.has(name) || NEVER_PREFIXES.some((prefix) => name.startsWith(prefix));
}

const NONE: ReadonlySet<string> = new Set();

/** Headers the sender itself declared hop-by-hop. */
function namedByConnection(headers: Readonly<Record<string, string>>): ReadonlySet<string> {
  const connection = headers["connection"];
  if (connection === undefined || connection === "keep-alive" || connection === "close") return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

/** Passed upstream whatever the protocols are: they belong to no vendor. */
const TRACE_HEADERS = ["traceparent", "tracestate"] as const;

/** What is left of a limit: `x-ratelimit-*`, `anthropic-ratelimit-*`, `ratelimit`, `x-rate-limit-*`. */
export function isAboutLimits(name: string): boolean {
  return LIMITS.test(name);
}

const LIMITS = /rate-?limit/;
