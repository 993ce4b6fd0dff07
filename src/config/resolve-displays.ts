/** Displays as the rest of the program knows them: every default filled in, secrets as references. */
import type { DisplayConfig } from "../ir/display.ts";
import { LAYOUT_IDS } from "../known.ts";
import { DEFAULTS } from "./defaults.ts";
import {
  BRIGHTNESS_MAX,
  BRIGHTNESS_MIN,
  type ConfigDisplay,
  passwordForms,
  readQuietHours,
  transportOf,
  usernameForms,
} from "./displays.ts";
import type { ResolveInput } from "./resolve-lanes.ts";
import { secretRefOf } from "./values.ts";

export function resolveDisplays({ config, source, resolvePath }: ResolveInput): DisplayConfig[] {
  return (config.displays ?? []).map((display, at) => {
    const path = ["displays", at];
    const reached = {
      name: display.name,
      url: (display.url ?? "").replace(/\/+$/, ""),
      username: secretRefOf(usernameForms(display, path), source, resolvePath),
      password: secretRefOf(passwordForms(display, path), source, resolvePath),
      caFile: display.ca_file === undefined ? null : resolvePath(display.ca_file),
      updateMs: (display.update_secs ?? DEFAULTS.displayUpdateSecs) * 1_000,
      providers: display.providers ?? [],
    };
    if (display.type === "home_assistant") {
      const discoveryPrefix = display.discovery_prefix ?? DEFAULTS.displayDiscoveryPrefix;
      return { type: "home_assistant", ...reached, discoveryPrefix };
    }
    return { type: "awtrix", ...reached, ...resolveClock(display) };
  });
}

function resolveClock(display: ConfigDisplay) {
  const read = display.quiet_hours === undefined ? null : readQuietHours(display.quiet_hours);
  const brightness = display.brightness ?? DEFAULTS.displayBrightness;
  return {
    transport: transportOf(display),
    prefix: display.prefix ?? "",
    app: display.app ?? DEFAULTS.displayApp,
    layouts: display.layouts ?? LAYOUT_IDS,
    palette: display.palette ?? DEFAULTS.displayPalette,
    pageMs: (display.page_secs ?? DEFAULTS.displayPageSecs) * 1_000,
    brightness: Math.min(BRIGHTNESS_MAX, Math.max(BRIGHTNESS_MIN, brightness)),
    scrollSpeed: display.scroll_speed ?? DEFAULTS.displayScrollSpeed,
    quietHours: read?.kind === "hours" ? read.hours : null,
    alerts: {
      burnShare: (display.alerts?.burn_pct ?? DEFAULTS.displayBurnPct) / 100,
      minIntervalMs: (display.alerts?.min_interval_secs ?? DEFAULTS.displayAlertSecs) * 1_000,
      mute: display.mute ?? [],
    },
  };
}
