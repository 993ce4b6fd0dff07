/** Single values of a display, read the way both the checks and the resolution need them. */
import type { QuietHours } from "../ir/display.ts";
import type { Path } from "./problem.ts";
import type { ConfigFile } from "./schema.ts";
import type { SecretForms } from "./values.ts";

export type ConfigDisplay = NonNullable<ConfigFile["displays"]>[number];

/** Below, figures cannot be read; above, a bright matrix on a weak supply restarts the clock. */
export const BRIGHTNESS_MIN = 16;
export const BRIGHTNESS_MAX = 96;

export function transportOf(display: ConfigDisplay): "mqtt" | "http" {
  return display.type === "awtrix" ? (display.transport ?? "mqtt") : "mqtt";
}

export function usernameForms(display: ConfigDisplay, path: Path): SecretForms {
  const { username, username_env, username_file } = display;
  return {
    value: username === undefined ? null : { text: username, path: [...path, "username"] },
    env: username_env ?? null,
    file: username_file ?? null,
  };
}

export function passwordForms(display: ConfigDisplay, path: Path): SecretForms {
  const { password, password_env, password_file } = display;
  return {
    value: password === undefined ? null : { text: password, path: [...path, "password"] },
    env: password_env ?? null,
    file: password_file ?? null,
  };
}

export type ReadQuietHours =
  | { readonly kind: "hours"; readonly hours: QuietHours }
  /** Key of the block that is wrong, and why. */
  | { readonly kind: "bad"; readonly key: "from" | "to" | "timezone"; readonly reason: string };

export function readQuietHours(block: NonNullable<ConfigDisplay["quiet_hours"]>): ReadQuietHours {
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
