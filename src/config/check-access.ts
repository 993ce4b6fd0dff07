/** Who gets in: the address, the auth mode and the tokens. What these rules let pass is open to the network. */
import type { AuthMode } from "../ir/deployment.ts";
import { readSecret, refuseForms } from "./check-secrets.ts";
import { DEFAULTS } from "./defaults.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { adminTokenForms, awsKeyForms, clientTokenForms } from "./merge.ts";
import type { Path } from "./problem.ts";
import { AUTH_MODES, countForms, readAuthMode, readListen } from "./values.ts";

export function checkAccess(input: CheckInput, findings: Findings): void {
  const { config } = input;
  const mode = readAuthMode(config.auth?.mode);
  if (mode === null) {
    const message = `must be one of ${AUTH_MODES.join(", ")}`;
    findings.unknown(["auth", "mode"], message, config.auth?.mode ?? "", AUTH_MODES);
  }
  checkListen(input, mode, findings);
  const clients = checkClientTokens(input, mode, findings);
  checkAdminToken(input, clients, findings);
  checkOrigins(input, mode, findings);
  checkLimits(input, findings);
}

/** Without tokens a listed page would spend the keys of the person who opens it. */
function checkOrigins({ config }: CheckInput, mode: AuthMode | null, findings: Findings): void {
  const origins = config.cors?.origins ?? [];
  if (origins.length > 0 && mode === "none" && config.governance?.enabled !== true) {
    findings.error(["cors", "origins"], "needs callers with a token; set auth.mode: token with client_tokens");
  }
  for (const [at, origin] of origins.entries()) {
    if (!ORIGIN.test(origin)) findings.error(["cors", "origins", at], ORIGIN_FORM);
  }
}

/** As browsers send it. A star for all names of a scheme of an editor's own, never of the web's. */
const ORIGIN =
  /^(?:https?:\/\/(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d{1,5})?|(?!https?:|file:)[a-z][a-z\d+.-]*:\/\/(?:\*|[a-z\d.-]+))$/;
const ORIGIN_FORM =
  "must be an origin as browsers send it, such as https://app.example (no path, no star) or vscode-webview://*";

function checkLimits({ config }: CheckInput, findings: Findings): void {
  const { bodies_mb = DEFAULTS.bodiesMb, bodies_unknown_mb } = config.limits ?? {};
  if (bodies_unknown_mb !== undefined && bodies_unknown_mb > bodies_mb) {
    findings.error(["limits"], "bodies_unknown_mb is part of bodies_mb; make it smaller");
  }
}

/** A relay that anyone can reach spends the owner's money, so it needs to be said twice. */
function checkListen({ config }: CheckInput, mode: AuthMode | null, findings: Findings): void {
  const address = readListen(config.listen ?? DEFAULTS.listen);
  if (address === null) {
    findings.error(["listen"], "must be host:port, such as 127.0.0.1:8080 or [::1]:8080");
    return;
  }
  // A mode that could not be read is reported already and counts as closed.
  if (address.loopback || mode !== "none" || config.governance?.enabled === true) return;
  if (config.allow_open_relay === true) {
    findings.warn(
      ["allow_open_relay"],
      "anyone who can reach this address may spend your keys; set auth.mode: token to stop that",
    );
  } else {
    findings.error(
      ["listen"],
      "is open to the network while auth.mode is none; set auth.mode: token with client_tokens, listen on 127.0.0.1, or say allow_open_relay: true",
    );
  }
}

/** Answers the tokens that work, for comparison only. */
function checkClientTokens(input: CheckInput, mode: AuthMode | null, findings: Findings): string[] {
  const { config } = input;
  const auth = config.auth ?? {};
  const lists = [auth.client_tokens, auth.client_tokens_env, auth.client_tokens_file].filter(
    (list) => list !== undefined,
  );
  if (lists.length > 1) {
    findings.error(
      ["auth"],
      "has more than one of client_tokens, client_tokens_env and client_tokens_file; keep one of them",
    );
  }
  const singles = [auth.token, auth.token_env, auth.token_file].filter((single) => single !== undefined);
  if (singles.length > 1)
    findings.error(["auth"], "has more than one of token, token_env and token_file; keep one of them");
  const tokens = clientTokenForms(config);
  if (singles.length > 0) {
    const used = tokens[0]?.path[1] ?? "";
    const ignored = String(used).startsWith("client_tokens");
    findings.warn(
      ["auth"],
      `token is an old spelling${ignored ? " and is ignored beside client_tokens" : ""}; write client_tokens: [...]`,
    );
  }
  checkAwsKeys(input, mode, findings);
  const isKeyed = config.governance?.enabled === true || (config.auth?.aws_keys ?? []).length > 0;
  if (mode === "token" && tokens.length === 0 && !isKeyed) {
    findings.error(["auth"], "mode token needs client_tokens; without one no client is let in");
  }
  if (mode === "none" && tokens.length > 0) {
    findings.warn(["auth"], "mode none lets everybody in and ignores the tokens; set mode: token to use them");
  }
  return tokens.flatMap((forms) => checkToken(forms, forms.path, input, findings) ?? []);
}

function checkAwsKeys(input: CheckInput, mode: AuthMode | null, findings: Findings): void {
  const ids = new Set<string>();
  for (const { accessKeyId, path, forms } of awsKeyForms(input.config)) {
    const field = [...path, "access_key_id"];
    if (!ACCESS_KEY_ID.test(accessKeyId)) {
      findings.error(field, "must be 16 to 128 letters and digits, as AWS's clients send it");
    }
    if (ids.has(accessKeyId)) findings.error(field, "is the id of two keys; remove one of them");
    ids.add(accessKeyId);
    if (refuseForms(forms, path, "secret_access_key", findings)) continue;
    if (countForms(forms) === 0) {
      findings.error(path, "needs secret_access_key_env, secret_access_key_file or secret_access_key");
      continue;
    }
    const form = forms.env !== null ? "_env" : forms.file !== null ? "_file" : "";
    const state = readSecret(forms, input, [...path, `secret_access_key${form}`]);
    if (state.kind !== "value") findings.error([...path, `secret_access_key${form}`], state.reason);
  }
  if (ids.size > 0 && mode === "passthrough") {
    findings.error(["auth", "aws_keys"], "cannot be combined with mode passthrough: a signature cannot be passed on");
  }
}

const ACCESS_KEY_ID = /^[A-Za-z0-9_]{16,128}$/;

/** Null, and reported, when it could never be matched by what a client sends. */
function checkToken(
  forms: Parameters<typeof readSecret>[0],
  path: Path,
  input: CheckInput,
  findings: Findings,
): string | null {
  const state = readSecret(forms, input, path);
  if (state.kind !== "value") {
    findings.error(path, state.reason);
    return null;
  }
  if (/[\s,]/.test(state.text)) {
    findings.error(path, "has white space or a comma in it, which a client cannot send as a token; choose another one");
    return null;
  }
  return state.text;
}

function checkAdminToken(input: CheckInput, clients: readonly string[], findings: Findings): void {
  const { admin, governance } = input.config;
  const forms = adminTokenForms(input.config);
  const old = {
    value: governance?.admin_token ? { text: "", path: [] } : null,
    env: governance?.admin_token_env ?? null,
    file: governance?.admin_token_file ?? null,
  };
  if (forms.path[0] === "admin" && countForms(old) > 0) {
    findings.error(["admin"], "and governance.admin_token are the same thing; keep one of them");
  }
  if (admin !== undefined && forms.path[0] !== "admin")
    findings.error(["admin"], "needs token, token_env or token_file");
  const [block = "admin", field = "token"] = forms.path;
  if (refuseForms(forms, [block], String(field).replace(/_(?:env|file)$/, ""), findings)) return;
  if (countForms(forms) === 0) return;
  const token = checkToken(forms, forms.path, input, findings);
  if (token !== null && clients.includes(token)) {
    findings.warn(forms.path, "is also a client token, so every client may use the admin pages; choose another one");
  }
}
