/** How a clock is reached, whatever carries the messages. */

export type AwtrixMessage =
  /** Our app; null takes it away. */
  | { readonly kind: "custom"; readonly app: string; readonly body: object | null }
  | { readonly kind: "notify"; readonly body: object }
  | { readonly kind: "settings"; readonly body: object };

export type SendResult =
  | { readonly kind: "taken" }
  /** The clock answered, and does not want it. */
  | { readonly kind: "refused"; readonly why: string }
  /** More than the clock can take in; nothing was sent. */
  | { readonly kind: "too-large" }
  /** Whether it arrived is unknown. */
  | { readonly kind: "failed"; readonly why: string };

export interface AwtrixLink {
  /** True: a message may be sent now. Never rejects. */
  ready(): Promise<boolean>;
  /** Grows whenever the clock may have forgotten what it was told. */
  epoch(): number;
  /** Why it cannot be reached; null: it can, or nothing is known yet. */
  trouble(): string | null;
  /** What the clock says it is; null: it has not spoken. */
  device(): Device | null;
  /** Never rejects. */
  send(message: AwtrixMessage): Promise<SendResult>;
  /** Sends what is to be the last, and lets go. Idempotent, and bounded in time. */
  close(last: readonly AwtrixMessage[]): Promise<void>;
}

/** Out of the clock's own statistics. */
export interface Device {
  readonly version: string;
  readonly uptimeSecs: number;
}

/** Where the clock keeps a message while it reads it: a packet larger than this is thrown away (AWTRIX 3 documentation, read 2026-11). */
export const PACKET_BYTES_MAX = 8_192;

/** Only exactly this takes an app away; with a space in it, it makes an empty one. */
export const REMOVE = "{}";

/** Keys of the clock's statistics; something that has three of them is a clock. */
const STATS_KEYS = ["bat", "lux", "ldr_raw", "ram", "bri", "wifi_signal", "messages", "indicator1", "app", "matrix"];

/** Null: some other JSON, or none. */
export function readDevice(text: string): Device | null {
  let stats: unknown;
  try {
    stats = JSON.parse(text);
  } catch {
    return null; // a page of the clock's first firmware, or of another device
  }
  if (typeof stats !== "object" || stats === null) return null;
  const known = STATS_KEYS.filter((key) => Object.hasOwn(stats, key)).length;
  const version = "version" in stats && typeof stats.version === "string" ? stats.version : null;
  if (known < 3 && !(version !== null && known > 0)) return null;
  const uptimeSecs = "uptime" in stats && typeof stats.uptime === "number" ? stats.uptime : 0;
  return { version: (version ?? "unknown").slice(0, 40), uptimeSecs };
}

/** A clock that has been up for a shorter time than before has forgotten our app. */
export function hasRestarted(before: Device | null, now: Device): boolean {
  return before !== null && now.uptimeSecs < before.uptimeSecs;
}
