/** Ids of every registry, for the rooms that must not import the registries. A test compares them. Imports nothing. */

export const PROTOCOL_IDS = ["anthropic", "bedrock", "cohere", "responses", "gemini", "openai"] as const;
export type ProtocolId = (typeof PROTOCOL_IDS)[number];

/** Protocols whose requests must name the most tokens an answer may have. */
export const LIMIT_PROTOCOLS: ReadonlySet<string> = new Set<ProtocolId>(["anthropic"]);

/** Carriers that hold another protocol's bodies, by the protocol whose bodies they hold. */
export const CARRIER_IDS = { "bedrock-invoke": "anthropic", vertex: "anthropic" } as const satisfies Record<
  string,
  ProtocolId
>;
export const CARRIERS = ["bedrock-invoke", "vertex"] as const satisfies readonly (keyof typeof CARRIER_IDS)[];

/** What a clock can be set to. */
export const LAYOUT_IDS = ["provider_dashboard", "quota_carousel", "burn_status", "alerts"] as const;
export const PALETTE_IDS = ["ember_whimsy", "mercury", "traffic", "monochrome", "rainbow"] as const;
export const ALERT_IDS = ["all_exhausted", "lane_down", "budget_burn", "recovered"] as const;

/** Classes an `error_map` may give to a vendor's code or type. */
export const ERROR_CLASSES = [
  "rate_limit",
  "overloaded",
  "server_error",
  "timeout",
  "network",
  "auth",
  "billing",
  "client_error",
  "context_length",
] as const;
