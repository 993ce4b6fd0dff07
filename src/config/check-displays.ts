/**
 * Displays: reachable by a URL of their kind, told apart, logged in with what is there. An address of the local network
 * is allowed here, because the operator wrote it and nothing a caller sends can change it.
 */
import { readSecret, refuseForms } from "./check-secrets.ts";
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
import type { CheckInput, Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import { countForms, type SecretForms } from "./values.ts";

export function checkDisplays(input: CheckInput, findings: Findings): void {
  const displays = input.config.displays ?? [];
  const names = new Set<string>();
  displays.forEach((display, at) => {
    const path = ["displays", at];
    if (!NAME.test(display.name)) findings.error([...path, "name"], "must be letters, digits, dashes and underscores");
    if (names.has(display.name)) findings.error([...path, "name"], "is the name of two displays; rename one of them");
    names.add(display.name);
    checkKeys(display, path, findings);
    checkUrl(display, path, findings);
    checkLogin(display, path, input, findings);
    checkContents(display, path, input, findings);
    const rival = displays.slice(0, at).find((earlier) => wouldRemove(display, earlier));
    if (rival !== undefined) findings.error([...path, "app"], SAME_APP);
  });
}

/** A key that its kind does not read is a mistake of somebody who believes it is read. */
function checkKeys(display: ConfigDisplay, path: Path, findings: Findings): void {
  const foreign = display.type === "awtrix" ? HOME_ASSISTANT_KEYS : AWTRIX_KEYS;
  for (const key of foreign) {
    if (display[key] === undefined) continue;
    findings.error([...path, key], `means nothing for type ${display.type}; remove it`);
  }
  if (display.type === "awtrix" && transportOf(display) === "http" && display.prefix !== undefined) {
    findings.error([...path, "prefix"], "means nothing over http; remove it");
  }
}

function checkUrl(display: ConfigDisplay, path: Path, findings: Findings): void {
  const transport = transportOf(display);
  const schemes = transport === "http" ? ["http:", "https:"] : ["mqtt:", "mqtts:"];
  const example = transport === "http" ? "http://192.0.2.7" : "mqtt://broker.example:1883";
  if (display.url === undefined) {
    findings.error(path, `has no url; write one such as ${example}`);
    return;
  }
  const at = [...path, "url"];
  const url = URL.parse(display.url);
  if (url === null || !schemes.includes(url.protocol) || url.hostname === "") {
    findings.error(at, `must be a URL such as ${example}`);
  } else if (url.username !== "" || url.password !== "") {
    findings.error(at, "holds a user name or password; remove it, and give them with username and password_env");
  } else if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "") {
    findings.error(at, "must end with the host and port");
  }
  if (transport === "http" || display.type !== "awtrix") return;
  if (display.prefix === undefined) {
    findings.error(path, "has no prefix; the clock shows its own under MQTT in its settings, such as awtrix_abc123");
  }
}

function checkLogin(display: ConfigDisplay, path: Path, input: CheckInput, findings: Findings): void {
  const forms = { username: usernameForms(display, path), password: passwordForms(display, path) };
  for (const [key, each] of Object.entries(forms)) {
    if (!refuseForms(each, path, key, findings)) checkSecret(each, key, path, input, findings);
  }
  if (countForms(forms.password) > 0 && countForms(forms.username) === 0) {
    findings.error(path, "has a password and no username; give it one");
  }
  const file = display.ca_file;
  if (file === undefined) return;
  const text = input.readFile(input.resolvePath(file));
  if (text === null) findings.error([...path, "ca_file"], "names a file that cannot be read; correct the path");
  else if (!text.includes("-----BEGIN CERTIFICATE-----"))
    findings.error([...path, "ca_file"], "names a file without a PEM certificate in it");
}

function checkSecret(forms: SecretForms, key: string, path: Path, input: CheckInput, findings: Findings): void {
  if (countForms(forms) === 0) return;
  const field = [...path, forms.env !== null ? `${key}_env` : forms.file !== null ? `${key}_file` : key];
  const state = readSecret(forms, input, field);
  if (state.kind === "absent") findings.warn(field, `${state.reason}; until then the display stays dark`);
  else if (state.kind === "unfit") findings.error(field, state.reason);
}

function checkContents(display: ConfigDisplay, path: Path, { names }: CheckInput, findings: Findings): void {
  for (const key of ["prefix", "discovery_prefix"] as const) {
    const topic = display[key];
    if (topic !== undefined && !TOPIC.test(topic)) {
      findings.error([...path, key], "must be a topic without +, #, white space and a slash at either end");
    }
  }
  if (display.app !== undefined && !NAME.test(display.app)) {
    findings.error([...path, "app"], "must be letters, digits, dashes and underscores");
  }
  (display.providers ?? []).forEach((provider, at) => {
    if (names.providers.has(provider)) return;
    findings.unknown([...path, "providers", at], "is no configured provider", provider, names.providers);
  });
  const { brightness } = display;
  if (brightness !== undefined && (brightness < BRIGHTNESS_MIN || brightness > BRIGHTNESS_MAX)) {
    const used = brightness < BRIGHTNESS_MIN ? BRIGHTNESS_MIN : BRIGHTNESS_MAX;
    const message = `is outside of what is legible and safe on a weak supply; ${used} is used, write ${BRIGHTNESS_MIN} to ${BRIGHTNESS_MAX}`;
    findings.warn([...path, "brightness"], message);
  }
  if (display.quiet_hours === undefined) return;
  const read = readQuietHours(display.quiet_hours);
  if (read.kind === "bad") findings.error([...path, "quiet_hours", read.key], read.reason);
}

/** The clock takes away every app whose name begins with the one it is told. */
function wouldRemove(display: ConfigDisplay, earlier: ConfigDisplay): boolean {
  if (display.type !== "awtrix" || earlier.type !== "awtrix" || display.url !== earlier.url) return false;
  if (display.prefix !== earlier.prefix) return false;
  const [own, other] = [display.app ?? DEFAULTS.displayApp, earlier.app ?? DEFAULTS.displayApp];
  return own.startsWith(other) || other.startsWith(own);
}

const SAME_APP =
  "begins like the app of another display on the same clock, and the clock removes apps by the beginning of their names; choose another one";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const TOPIC = /^[^\s+#/]+(?:\/[^\s+#/]+){0,15}$/;

const HOME_ASSISTANT_KEYS = ["discovery_prefix"] as const;
const AWTRIX_KEYS = [
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
