/**
 * What all displays have: a name, an address, a login. Their own keys are checked and resolved by the row of their kind.
 * An address of the local network is allowed here: the operator wrote it, and no caller can change it.
 */
import { DISPLAY_SCHEMAS } from "../displays/schema.ts";
import type { DisplayConfig } from "../ir/display.ts";
import { readSecret, refuseForms } from "./check-secrets.ts";
import { DEFAULTS } from "./defaults.ts";
import type { CheckInput, Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import type { ResolveInput } from "./resolve-lanes.ts";
import type { ConfigFile } from "./schema.ts";
import { countForms, type SecretForms, secretRefOf } from "./values.ts";

type WrittenDisplay = NonNullable<ConfigFile["displays"]>[number];

export function checkDisplays(input: CheckInput, findings: Findings): void {
  const displays = input.config.displays ?? [];
  const names = new Set<string>();
  displays.forEach((display, at) => {
    const path = ["displays", at];
    if (!NAME.test(display.name)) findings.error([...path, "name"], "must be letters, digits, dashes and underscores");
    if (names.has(display.name)) findings.error([...path, "name"], "is the name of two displays; rename one of them");
    names.add(display.name);
    checkKinds(display, path, findings);
    checkUrl(display, path, findings);
    checkLogin(display, path, input, findings);
    checkProviders(display, path, input, findings);
    const kind = DISPLAY_SCHEMAS[display.type];
    kind.check(display, {
      error: (key, message) => findings.error([...path, ...key], message),
      warn: (key, message) => findings.warn([...path, ...key], message),
    });
    for (const earlier of displays.slice(0, at)) {
      const conflict = kind.conflict(display, earlier);
      if (conflict === null) continue;
      findings.error([...path, conflict.key], conflict.message);
      break;
    }
  });
}

export function resolveDisplays({ config, source, resolvePath }: ResolveInput): DisplayConfig[] {
  return (config.displays ?? []).map((display, at) => {
    const path = ["displays", at];
    return DISPLAY_SCHEMAS[display.type].resolve(display, {
      name: display.name,
      url: (display.url ?? "").replace(/\/+$/, ""),
      username: secretRefOf(usernameForms(display, path), source, resolvePath),
      password: secretRefOf(passwordForms(display, path), source, resolvePath),
      caFile: display.ca_file === undefined ? null : resolvePath(display.ca_file),
      updateMs: (display.update_secs ?? DEFAULTS.displayUpdateSecs) * 1_000,
      providers: display.providers ?? [],
    });
  });
}

/** A key that only another kind reads. */
function checkKinds(display: WrittenDisplay, path: Path, findings: Findings): void {
  const own: readonly string[] = DISPLAY_SCHEMAS[display.type].ownKeys;
  const others = Object.values(DISPLAY_SCHEMAS).flatMap<string>(({ ownKeys }) => [...ownKeys]);
  for (const key of Object.keys(display)) {
    if (own.includes(key) || !others.includes(key)) continue;
    findings.error([...path, key], `means nothing for type ${display.type}; remove it`);
  }
}

function checkUrl(display: WrittenDisplay, path: Path, findings: Findings): void {
  const { schemes, example } = DISPLAY_SCHEMAS[display.type].address(display);
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
}

function checkLogin(display: WrittenDisplay, path: Path, input: CheckInput, findings: Findings): void {
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

function checkProviders(display: WrittenDisplay, path: Path, { names }: CheckInput, findings: Findings): void {
  (display.providers ?? []).forEach((provider, at) => {
    if (names.providers.has(provider)) return;
    findings.unknown([...path, "providers", at], "is no configured provider", provider, names.providers);
  });
}

function usernameForms(display: WrittenDisplay, path: Path): SecretForms {
  const { username, username_env, username_file } = display;
  return {
    value: username === undefined ? null : { text: username, path: [...path, "username"] },
    env: username_env ?? null,
    file: username_file ?? null,
  };
}

function passwordForms(display: WrittenDisplay, path: Path): SecretForms {
  const { password, password_env, password_file } = display;
  return {
    value: password === undefined ? null : { text: password, path: [...path, "password"] },
    env: password_env ?? null,
    file: password_file ?? null,
  };
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
