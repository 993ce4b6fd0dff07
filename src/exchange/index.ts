/**
 * Exchange: one client request and its answer, from facts to record. It knows every core room and none of the world:
 * time, chance and network are arguments. It never speaks a wire format itself.
 */

export type { Answer, ByteSource, Exchange, RefuseInput, RunInput } from "./contract.ts";
export { createExchange, type Exchanges } from "./exchange.ts";
export { createHeaderFilter, TRACE_HEADERS } from "./lane/header-filter.ts";
export { createSeals } from "./lane/reasoning-signatures.ts";
export { laneFactsOf, lanesOf } from "./lane-facts.ts";
export { createExplain, type Explain, type ExplainInput, type Explanation } from "./probing/explain.ts";
export { type ProbeRecord, type Probes, startProbes } from "./probing/probe.ts";
export { createRecoveries, type Recoveries } from "./probing/recoveries.ts";
export type { World } from "./request/call.ts";
export type { Repeats } from "./request/idempotency.ts";
export type { ExchangeInput } from "./respond.ts";
export type { SharedState } from "./shared-state.ts";
