/**
 * Process: a supervisor that serves nothing, the workers that do, and all that crosses between them. It never sees a
 * request or an answer. A worker's own file is not named here, so that the supervisor does not load what it never runs.
 */
export { type GatewayOptions, runGateway } from "./run.ts";
export type { Listening } from "./supervisor.ts";
