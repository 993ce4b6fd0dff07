// Whether it is night, at whichever place, also on the days that are an hour shorter or longer.
import { expect, test } from "bun:test";
import { isQuiet } from "../../src/displays/quiet-hours.ts";

const hours = (from: number, to: number, timezone: string | null = "UTC") => ({
  fromMinute: from * 60,
  toMinute: to * 60,
  timezone,
});
const at = (text: string) => Date.parse(text);

test.each([
  ["no hours", null, "2026-01-01T03:00:00Z", false],
  ["before they begin", hours(23, 7), "2026-01-01T22:59:59Z", false],
  ["when they begin", hours(23, 7), "2026-01-01T23:00:00Z", true],
  ["past midnight", hours(23, 7), "2026-01-02T00:00:00Z", true],
  ["until they end", hours(23, 7), "2026-01-02T06:59:59Z", true],
  ["when they end", hours(23, 7), "2026-01-02T07:00:00Z", false],
  ["within a day", hours(13, 15), "2026-01-02T14:00:00Z", true],
  ["outside of it", hours(13, 15), "2026-01-02T15:00:00Z", false],
  ["in Berlin in winter", hours(23, 7, "Europe/Berlin"), "2026-01-01T22:00:00Z", true],
  ["in Berlin in summer", hours(23, 7, "Europe/Berlin"), "2026-07-01T21:00:00Z", true],
  ["in Berlin in summer, an hour before", hours(23, 7, "Europe/Berlin"), "2026-07-01T20:59:00Z", false],
  ["on the night the clocks go forward", hours(2, 3, "Europe/Berlin"), "2026-03-29T01:00:00Z", false],
  ["twice on the night they go back", hours(2, 3, "Europe/Berlin"), "2026-10-25T01:30:00Z", true],
  ["in Kathmandu, which is three quarters off", hours(0, 1, "Asia/Kathmandu"), "2026-01-01T18:15:00Z", true],
] as const)("%s", (_, quiet, moment, isNight) => expect(isQuiet(quiet, at(moment))).toBe(isNight));
