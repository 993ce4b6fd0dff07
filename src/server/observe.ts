/** `/stats` and `/metrics`: who may see them is the gateway's to say; whose figures they show, the process's. */
import { unauthenticated } from "../governance/identify.ts";
import type { RequestParts } from "../ir/route.ts";
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from "../observability/prometheus.ts";
import type { MetricsSnapshot } from "../observability/series.ts";
import { encodeUtf8 } from "../std/bytes.ts";
import type { Outgoing } from "./arrival.ts";
import type { Gateway } from "./gateway.ts";
import { respond } from "./respond.ts";

/** The figures of all processes that serve this address, this one included. Never rejects. */
export interface AddressFigures {
  stats(): Promise<object>;
  metrics(): Promise<readonly MetricsSnapshot[]>;
}

type FigurePage = (observe: AddressFigures) => Promise<Outgoing>;

/** By path. */
export const OBSERVATIONS: ReadonlyMap<string, FigurePage> = new Map([
  ["/stats", async (observe) => shown(JSON.stringify(await observe.stats(), null, 2), "application/json")],
  ["/metrics", async (observe) => shown(await renderPrometheus(await observe.metrics()), PROMETHEUS_CONTENT_TYPE)],
]);

export function refuseToShow(gateway: Gateway, parts: RequestParts): Outgoing {
  const refused = { route: null, parts, failure: unauthenticated(), receivedMs: gateway.nowMs() };
  return respond(gateway.exchange.refuse(refused), { close: false });
}

function shown(text: string, contentType: string): Outgoing {
  const headers = { "content-type": contentType, "cache-control": "no-store" };
  return { status: 200, headers, body: encodeUtf8(text), close: false };
}
