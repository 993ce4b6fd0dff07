/**
 * Upstream: sends one request to one place under its timers, and reads what headers tell of limits and of when to come back. It never knows
 * what a body means and never retries.
 */
export { readQuotas } from "./quota.ts";
export { RETRY_AFTER_MS_MAX, readRetryAfterMs } from "./retry-after.ts";
export { createSend, type Send, type SendInput, type Sent, type UpstreamBody, type UpstreamChunk } from "./send.ts";
