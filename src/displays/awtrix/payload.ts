/** What the clock is sent, with the sources in the AWTRIX 3 documentation (API, Custom Apps and Notifications; read 2026-11). */
import type { AwtrixConfig } from "../../ir/display.ts";
import type { Alert, AlertId } from "../alerts.ts";
import { HEIGHT, WIDTH } from "./canvas.ts";
import { hexOf } from "./color.ts";
import { PALETTES, type Palette, type PaletteId } from "./palettes.ts";
import type { Rendered, Words } from "./render.ts";

/** A picture that is not renewed for this long is of a publisher that is gone. */
export function lifetimeSecs({ pageMs, updateMs }: Pick<AwtrixConfig, "pageMs" | "updateMs">): number {
  return Math.max(LIFETIME_SECS_MIN, Math.ceil((4 * Math.max(pageMs, updateMs)) / 1_000));
}

const LIFETIME_SECS_MIN = 180;
/** One turn of the clock shows this many of our pages at most; the others come with the next turns. */
const PAGES_A_TURN = 4;

/** One bitmap of the whole matrix, about 2 KB; a second one would not fit where the clock reads it. */
export function pictureBody({ frame, pages }: Rendered, config: AwtrixConfig): object {
  return {
    text: "",
    draw: [{ db: [0, 0, WIDTH, HEIGHT, [...frame]] }],
    noScroll: true,
    ...common(pages, config),
  };
}

/** No `noScroll` here: with text that is too wide the clock would stay on our app for good. */
export function wordsBody(
  { words, pages }: { readonly words: Words; readonly pages: number },
  config: AwtrixConfig,
): object {
  const progress = words.progress === null ? null : Math.round(Math.min(1, Math.max(0, words.progress)) * 100);
  return {
    text: asText(words.text),
    color: hexOf(words.color),
    scrollSpeed: config.scrollSpeed,
    ...(progress === null ? {} : { progress, progressC: hexOf(words.progressColor), progressBC: "#181818" }),
    ...common(pages, config),
  };
}

/** `save` would wear out the clock's memory. */
function common(pages: number, config: AwtrixConfig): object {
  return {
    duration: Math.ceil((config.pageMs * Math.min(pages, PAGES_A_TURN)) / 1_000),
    lifetime: lifetimeSecs(config),
    lifetimeMode: 0,
    save: false,
  };
}

/** Text that passes twice. It goes by itself and makes no sound. */
export function alertBody(alert: Alert, config: AwtrixConfig): object {
  const palette: Palette = PALETTES[paletteOf(config)];
  const tail = [alert.detail, alert.more === 0 ? "" : `+${alert.more} more`].filter((part) => part !== "").join(" ");
  return {
    text: [
      { t: `${TITLES[alert.kind]} `, c: alertColor(alert.kind, palette).slice(1) },
      { t: `${asText(alert.about).slice(0, ALERT_CHARS_MAX)} `, c: hexOf(palette.text[0]).slice(1) },
      { t: tail.slice(0, ALERT_CHARS_MAX), c: hexOf(palette.warm).slice(1) },
    ],
    textCase: 2,
    repeat: 2,
    duration: 10,
    hold: false,
    stack: true,
    wakeup: false,
    scrollSpeed: config.scrollSpeed,
  };
}

const ALERT_CHARS_MAX = 120;

/** The clock replaces what stands between two braces by what was published on that topic. */
function asText(text: string): string {
  return text.replaceAll("{", "(").replaceAll("}", ")");
}

const TITLES: Readonly<Record<AlertId, string>> = {
  all_exhausted: "NOTHING LEFT",
  lane_down: "DOWN",
  budget_burn: "BURNING",
  recovered: "BACK",
};

function alertColor(kind: AlertId, palette: Palette): string {
  if (kind === "recovered") return hexOf(palette.good);
  return hexOf(kind === "budget_burn" ? palette.hot : palette.bad);
}

/** Automatic brightness would take back what is safe: a bright matrix on a weak supply restarts the clock. */
export function settingsBody(brightness: number): object {
  return { ABRI: false, BRI: brightness };
}

/** The checks of the configuration have seen to it that it is one. */
export function paletteOf({ palette }: Pick<AwtrixConfig, "palette">): PaletteId {
  return isPalette(palette) ? palette : "ember_whimsy";
}

function isPalette(id: string): id is PaletteId {
  return Object.hasOwn(PALETTES, id);
}
