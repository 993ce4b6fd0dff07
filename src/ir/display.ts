/** Displays as the configuration describes them: plain data, secrets as references. */
import type { SecretRef } from "./secret-ref.ts";

/** By `type`. */
export interface DisplayConfigs {
  readonly awtrix: AwtrixConfig;
  readonly home_assistant: HomeAssistantConfig;
}

export type DisplayConfig = DisplayConfigs[keyof DisplayConfigs];

/** What every display has that stands somewhere else, on a desk or behind a broker. */
export interface ReachedDisplay {
  /** Unique among displays. */
  readonly name: string;
  readonly url: string;
  /** null: no login. */
  readonly username: SecretRef | null;
  readonly password: SecretRef | null;
  /** PEM file of the authorities to trust instead of the built-in ones; null: those. */
  readonly caFile: string | null;
  /** Figures change no more often than this. */
  readonly updateMs: number;
  /** Shown; empty: all. */
  readonly providers: readonly string[];
}

export interface AwtrixConfig extends ReachedDisplay {
  readonly type: "awtrix";
  readonly transport: "mqtt" | "http";
  /** Topic prefix of the clock; "" over HTTP. */
  readonly prefix: string;
  /** Name of our app on the clock. */
  readonly app: string;
  /** Ids of layouts, at least one, in the order they are paged through. */
  readonly layouts: readonly string[];
  readonly palette: string;
  readonly pageMs: number;
  /** 0 to 255, clamped to what is safe already. */
  readonly brightness: number;
  /** Percent of the clock's own speed. */
  readonly scrollSpeed: number;
  /** null: none. */
  readonly quietHours: QuietHours | null;
  readonly alerts: {
    /** Share of an allowance from which it burns, 0 to 1. */
    readonly burnShare: number;
    readonly minIntervalMs: number;
    /** Kinds that are not shown. */
    readonly mute: readonly string[];
  };
}

export interface HomeAssistantConfig extends ReachedDisplay {
  readonly type: "home_assistant";
  readonly discoveryPrefix: string;
}

export interface QuietHours {
  /** Minutes since midnight; `from` may be after `to`, and then midnight is between them. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name; null: that of this machine. */
  readonly timezone: string | null;
}
