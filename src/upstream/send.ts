/**
 * One request to one upstream: every timer, every signal, and every transport error turned into a Failure. Which client
 * carries it is the provider's choice; through a proxy it is always the runtime's own.
 */
import type { Effects } from "../std/effects.ts";
import type { Send } from "./contract.ts";
import { createFetchClient } from "./fetch-client.ts";
import { createSocketClient } from "./http1/client.ts";

export function createSend(effects: Pick<Effects, "fetch" | "connect" | "setTimer" | "nowMs">): Send {
  const viaFetch = createFetchClient(effects);
  const viaSockets = createSocketClient(effects);
  return (input) => (input.client === "sockets" && input.proxy === null ? viaSockets(input) : viaFetch(input));
}
