/** Ids of every registry, for the rooms that must not import the registries. A test compares them. Imports nothing. */

export const PROTOCOL_IDS = ["anthropic", "cohere", "responses", "gemini", "openai"] as const;
export type ProtocolId = (typeof PROTOCOL_IDS)[number];

/** Protocols the configuration format names but this version cannot speak yet; `check` says so by name. */
export const PLANNED_PROTOCOL_IDS = ["bedrock"] as const;

export const POLICY_IDS = ["weighted", "ranked"] as const;
export type PolicyId = (typeof POLICY_IDS)[number];

export const DISPLAY_IDS = ["terminal", "awtrix", "home_assistant"] as const;
export type DisplayId = (typeof DISPLAY_IDS)[number];

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
export type ErrorClass = (typeof ERROR_CLASSES)[number];
