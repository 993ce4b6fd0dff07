/** A pixel clock's part of the configuration. */
import type { z } from "zod";
import type { AwtrixConfig, QuietHours, ReachedDisplay } from "../../ir/display.ts";
import { ALERT_IDS, LAYOUT_IDS, PALETTE_IDS } from "../../known.ts";
import type { DisplayReport } from "../kind-schema.ts";
import { checkTopic } from "../topic-schema.ts";

/** docs/configuration.md shows the same values, and a test compares them. */
export const AWTRIX_DEFAULTS = {
  app: "ringmain",
  palette: "ember_whimsy",
  pageSecs: 7,
  scrollSpeed: 100,
  brightness: 32,
  burnPct: 85,
  alertSecs: 60,
} as const;

/** Below, figures cannot be read; above, a bright matrix on a weak supply restarts the clock. */
const BRIGHTNESS_MIN = 16;
const BRIGHTNESS_MAX = 96;
const SECS_MAX = 2_147_483;

const OWN_KEYS = [
  "transport",
  "prefix",
  "app",
  "layouts",
  "palette",
  "page_secs",
  "scroll_speed",
  "brightness",
  "quiet_hours",
  "alerts",
  "mute",
] as const;

const keys = (zod: typeof z) => {
  const text = zod.string().min(1).max(8_192);
  return {
    transport: zod.enum(["mqtt", "http"]).optional(),
    prefix: text.optional(),
    app: text.optional(),
    layouts: zod.array(zod.enum(LAYOUT_IDS)).min(1).max(LAYOUT_IDS.length).optional(),
    palette: zod.enum(PALETTE_IDS).optional(),
    page_secs: zod.int().min(3).max(60).optional(),
    scroll_speed: zod.int().min(10).max(300).optional(),
    brightness: zod.int().min(0).max(255).optional(),
    quiet_hours: zod.strictObject({ from: text, to: text, timezone: text.optional() }).optional(),
    alerts: zod
      .strictObject({
        burn_pct: zod.number().min(1).max(100).optional(),
        min_interval_secs: zod.int().min(0).max(SECS_MAX).optional(),
      })
      .optional(),
    mute: zod.array(zod.enum(ALERT_IDS)).max(ALERT_IDS.length).optional(),
  } satisfies Record<(typeof OWN_KEYS)[number], z.ZodType>;
};

type Written = z.infer<z.ZodObject<ReturnType<typeof keys>>>;
/** What a conflict is about: two apps on one clock. */
type WrittenApp = Pick<Written, "prefix" | "app"> & { readonly type?: string; readonly url?: string | undefined };

export const awtrix = {
  ownKeys: OWN_KEYS,
  keys,
  address: (written: Written) =>
    transportOf(written) === "http"
      ? { schemes: ["http:", "https:"], example: "http://192.0.2.7" }
      : { schemes: ["mqtt:", "mqtts:"], example: "mqtt://broker.example:1883" },
  check,
  conflict,
  resolve,
};

function transportOf({ transport }: Written): "mqtt" | "http" {
  return transport ?? "mqtt";
}

function check(written: Written, report: DisplayReport): void {
  if (transportOf(written) === "http") {
    if (written.prefix !== undefined) report.error(["prefix"], "means nothing over http; remove it");
  } else if (written.prefix === undefined) {
    report.error([], "has no prefix; the clock shows its own under MQTT in its settings, such as awtrix_abc123");
  }
  checkTopic("prefix", written.prefix, report);
  if (written.app !== undefined && !APP.test(written.app)) {
    report.error(["app"], "must be letters, digits, dashes and underscores");
  }
  const { brightness } = written;
  if (brightness !== undefined && brightness !== safeBrightness(brightness)) {
    const message = `is outside of what is legible and safe on a weak supply; ${safeBrightness(brightness)} is used, write ${BRIGHTNESS_MIN} to ${BRIGHTNESS_MAX}`;
    report.warn(["brightness"], message);
  }
  if (written.quiet_hours === undefined) return;
  const read = readQuietHours(written.quiet_hours);
  if (read.kind === "bad") report.error(["quiet_hours", read.key], read.reason);
}

const APP = /^[A-Za-z0-9_-]{1,64}$/;

/** The clock takes away every app whose name begins with the one it is told. */
function conflict(written: WrittenApp, earlier: WrittenApp): { key: string; message: string } | null {
  if (earlier.type !== "awtrix" || written.url !== earlier.url || written.prefix !== earlier.prefix) return null;
  const [own, other] = [written.app ?? AWTRIX_DEFAULTS.app, earlier.app ?? AWTRIX_DEFAULTS.app];
  return own.startsWith(other) || other.startsWith(own) ? { key: "app", message: SAME_APP } : null;
}

const SAME_APP =
  "begins like the app of another display on the same clock, and the clock removes apps by the beginning of their names; choose another one";

function resolve(written: Written, reached: ReachedDisplay): AwtrixConfig {
  const hours = written.quiet_hours === undefined ? null : readQuietHours(written.quiet_hours);
  return {
    type: "awtrix",
    ...reached,
    transport: transportOf(written),
    prefix: written.prefix ?? "",
    app: written.app ?? AWTRIX_DEFAULTS.app,
    layouts: written.layouts ?? LAYOUT_IDS,
    palette: written.palette ?? AWTRIX_DEFAULTS.palette,
    pageMs: (written.page_secs ?? AWTRIX_DEFAULTS.pageSecs) * 1_000,
    brightness: safeBrightness(written.brightness ?? AWTRIX_DEFAULTS.brightness),
    scrollSpeed: written.scroll_speed ?? AWTRIX_DEFAULTS.scrollSpeed,
    quietHours: hours?.kind === "hours" ? hours.hours : null,
    alerts: {
      burnShare: (written.alerts?.burn_pct ?? AWTRIX_DEFAULTS.burnPct) / 100,
      minIntervalMs: (written.alerts?.min_interval_secs ?? AWTRIX_DEFAULTS.alertSecs) * 1_000,
      mute: written.mute ?? [],
    },
  };
}

function safeBrightness(brightness: number): number {
  return Math.min(BRIGHTNESS_MAX, Math.max(BRIGHTNESS_MIN, brightness));
}

type QuietHoursReading =
  | { readonly kind: "hours"; readonly hours: QuietHours }
  /** Key of the block that is wrong, and why. */
  | { readonly kind: "bad"; readonly key: "from" | "to" | "timezone"; readonly reason: string };

function readQuietHours(block: NonNullable<Written["quiet_hours"]>): QuietHoursReading {
  const fromMinute = readMinute(block.from);
  const toMinute = readMinute(block.to);
  const notTime = 'must be a time of day such as "23:00"';
  if (fromMinute === null) return { kind: "bad", key: "from", reason: notTime };
  if (toMinute === null) return { kind: "bad", key: "to", reason: notTime };
  if (fromMinute === toMinute)
    return { kind: "bad", key: "to", reason: "is the same time as from; choose another one" };
  const timezone = block.timezone ?? null;
  if (timezone !== null && !isTimezone(timezone)) {
    return { kind: "bad", key: "timezone", reason: "is no name of a time zone, such as Europe/Berlin" };
  }
  return { kind: "hours", hours: { fromMinute, toMinute, timezone } };
}

/** Null: no time of day. */
function readMinute(text: string): number | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false; // RangeError, which is how it says so
  }
}
