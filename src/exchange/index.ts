/**
 * Exchange: one client request and its answer, from facts to record. It knows every core room and none of the world:
 * time, chance and network are arguments. It never speaks a wire format itself.
 */
export type { World } from "./call.ts";
export type { Answer, ByteSource, Exchange, RefuseInput, RunInput } from "./contract.ts";
export type { ExchangeInput } from "./ending.ts";
export { createExchange, type Exchanges } from "./exchange.ts";
export { createExplain, type Explain, type ExplainInput, type Explanation } from "./explain.ts";
export { createHeaderFilter, TRACE_HEADERS } from "./headers.ts";
export { laneFactsOf, lanesOf } from "./lane-facts.ts";
export { type ProbeRecord, type Probes, startProbes } from "./probe.ts";
export { createRecoveries, type Recoveries } from "./recoveries.ts";
export type { Repeats } from "./repeat.ts";
export { createSeals } from "./seals.ts";
export type { Standing } from "./standing.ts";
