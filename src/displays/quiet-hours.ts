/** Whether a time of day is within the quiet hours. Pure. */
import type { QuietHours } from "../ir/display.ts";

/** From the first minute on, until before the last one. */
export function isQuiet(hours: QuietHours | null, wallMs: number): boolean {
  if (hours === null) return false;
  const minute = minuteOf(wallMs, hours.timezone);
  const { fromMinute, toMinute } = hours;
  return fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

function minuteOf(wallMs: number, timezone: string | null): number {
  const parts = formatOf(timezone).formatToParts(wallMs);
  const part = (type: "hour" | "minute"): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
  return part("hour") * 60 + part("minute");
}

/** Making one takes a hundred times as long as using it. Bounded: a deployment has at most as many as displays. */
const formats = new Map<string | null, Intl.DateTimeFormat>();
const FORMATS_MAX = 100;

function formatOf(timezone: string | null): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timezone === null ? {} : { timeZone: timezone }),
  });
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(timezone, format);
  return format;
}
