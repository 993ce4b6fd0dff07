/** Providers: known, reachable by a safe URL, with credentials that are there and headers that can be sent. */
import { CARRIER_IDS, PROTOCOL_IDS } from "../known.ts";
import { isKeyPair, readAwsKeys, regionOfHost } from "./aws.ts";
import { readSecret, refuseForms, unrefreshable } from "./check-secrets.ts";
import { listedDoors } from "./doors.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { accountsOf, mergeProvider } from "./merge.ts";
import { judgeBaseUrl } from "./private-hosts.ts";
import type { Path } from "./problem.ts";
import type { CatalogProvider, ConfigProvider } from "./schema.ts";
import { countForms, isHeaderName, isHeaderValue, readAuthMode } from "./values.ts";

const PROTOCOLS: readonly string[] = PROTOCOL_IDS;

export function checkProviders(input: CheckInput, findings: Findings): void {
  for (const [name, own] of Object.entries(input.config.providers)) {
    const listed = input.catalog.providers.get(name);
    if (listed === undefined && (listedDoors(own).length === 0 || own.base_url === undefined)) {
      const message = "is not in providers.yaml; add it there, or give it protocol and base_url here";
      findings.unknown(["providers", name], message, name, [...input.catalog.providers.keys()]);
      continue;
    }
    const merged = mergeProvider(own, listed);
    checkDoors(name, own, listed, findings);
    checkTarget(name, merged, findings);
    checkHeaders(name, merged, findings);
    checkVersion(name, merged, findings);
    checkPaths(name, merged, findings);
    checkSeals(name, merged, findings);
    checkFiles(name, merged, input, findings);
    checkCredentials(name, merged, input, findings);
  }
}

function checkTarget(name: string, merged: ConfigProvider, findings: Findings): void {
  const path = ["providers", name];
  const protocols = (merged.protocols ?? [merged.protocol ?? ""]).map(nameOf);
  for (const protocol of protocols) {
    if (PROTOCOLS.includes(protocol)) continue;
    const field = merged.protocols === undefined ? "protocol" : "protocols";
    findings.unknown([...path, field], `must be one of ${PROTOCOLS.join(", ")}`, protocol, PROTOCOLS);
  }
  checkCarrier(merged, path, findings);
  const verdict = judgeBaseUrl(merged.base_url ?? "", merged.allow_private ?? false);
  if (verdict.kind === "refused") findings.error([...path, "base_url"], verdict.reason);
  else if (merged.path === undefined && merged.carrier === undefined)
    checkDoubled(merged.base_url ?? "", protocols, [...path, "base_url"], findings);
  // It is appended to the base URL as it is: without the slash it would become part of the host.
  const paths = [
    merged.path,
    ...(merged.protocols ?? []).map((door) => (typeof door === "string" ? undefined : door.path)),
  ];
  for (const [at, each] of paths.entries()) {
    if (each === undefined || UPSTREAM_PATH.test(each)) continue;
    const field = at === 0 ? ["path"] : ["protocols", at - 1, "path"];
    findings.error([...path, ...field], "must begin with a single / and hold no white space");
  }
  if (merged.proxy !== undefined && merged.proxy !== null && !isProxy(merged.proxy)) {
    findings.error([...path, "proxy"], "must be a URL such as http://proxy.example:3128");
  }
}

function nameOf(door: NonNullable<ConfigProvider["protocols"]>[number]): string {
  return typeof door === "string" ? door : door.protocol;
}

/** Several protocols at one host: said once, each once, and a path that says whose it is. */
function checkDoors(name: string, own: ConfigProvider, listed: CatalogProvider | undefined, findings: Findings): void {
  const path = ["providers", name];
  if (own.protocol !== undefined && own.protocols !== undefined) {
    findings.error([...path, "protocols"], "stands beside protocol; leave one of them out");
    return;
  }
  const merged = mergeProvider(own, listed);
  const names = (merged.protocols ?? []).map(nameOf);
  const twice = names.find((each, at) => names.indexOf(each) !== at);
  if (twice !== undefined) findings.error([...path, "protocols"], `names ${twice} twice; leave one of them out`);
  if (listedDoors(merged).length === 0 && names.length > 0) {
    const message = `is one path, and the provider is asked in ${names.join(" and ")}; say protocol, or give each its path under protocols`;
    findings.error([...path, "path"], message);
  }
  const isElsewhere = own.base_url !== undefined && listed !== undefined && own.base_url !== listed.base_url;
  if (isElsewhere && own.path === undefined && merged.protocols === listed.protocols && names.length > 1) {
    const message = `is not the vendor's own, and requests go there in ${names.join(" and ")}; say protocol if it speaks one of them alone, or protocols`;
    findings.warn([...path, "base_url"], message);
  }
}

/** A carrier holds the bodies of one protocol alone. */
function checkCarrier(merged: ConfigProvider, path: Path, findings: Findings): void {
  const { carrier, region } = merged;
  const protocols = (merged.protocols ?? [merged.protocol ?? ""]).map(nameOf);
  if (carrier !== undefined && protocols.some((protocol) => protocol !== "" && CARRIER_IDS[carrier] !== protocol)) {
    findings.error(
      [...path, "carrier"],
      `carries ${CARRIER_IDS[carrier]} bodies and no others; set protocol: ${CARRIER_IDS[carrier]}, or remove it`,
    );
  }
  if (region !== undefined && !REGION.test(region)) {
    findings.error([...path, "region"], "must be the name of an AWS region, such as us-east-1");
  }
}

const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

/** Requests to this vendor are signed for a region, where they are signed at all. */
function isAws(merged: ConfigProvider): boolean {
  const { carrier } = merged;
  return listedDoors(merged).some(({ protocol }) => protocol === "bedrock") || carrier === "bedrock-invoke";
}

/** Client libraries take a base URL that ends with the version; here the protocol's own path brings it. */
function checkDoubled(baseUrl: string, protocols: readonly string[], path: Path, findings: Findings): void {
  const own = protocols.flatMap((protocol) => OWN_PATHS[protocol] ?? []);
  const end = own.find((each) => baseUrl.replace(/\/+$/, "").endsWith(each));
  const [begin = ""] = own;
  if (end === undefined) return;
  findings.warn(
    path,
    `ends with ${end}, and requests go to what stands here followed by ${begin}/...; remove ${end}, or give path`,
  );
}

/** By protocol: how its own path begins, and the whole of it where it is always the same. */
const OWN_PATHS: Readonly<Record<string, readonly string[]>> = {
  openai: ["/v1", "/v1/chat/completions"],
  responses: ["/v1", "/v1/responses"],
  anthropic: ["/v1", "/v1/messages"],
  gemini: ["/v1beta", "/v1beta/models"],
  cohere: ["/v2", "/v2/chat"],
};

function checkPaths(name: string, merged: ConfigProvider, findings: Findings): void {
  for (const key of ["models_path", "key_path"] as const) {
    const path = merged[key] ?? null;
    if (path !== null && !/^\/[^\s#]*$/.test(path))
      findings.error(["providers", name, key], "must be a path that begins with a slash, such as /v1/models");
  }
}

/** The clouds that carry these bodies have versions of their own inside them. */
function checkVersion(name: string, merged: ConfigProvider, findings: Findings): void {
  const { anthropic_version: version } = merged;
  if (version === undefined || version === null) return;
  const path = ["providers", name, "anthropic_version"];
  const isTaken = listedDoors(merged).some(({ protocol }) => protocol === "anthropic") && merged.carrier === undefined;
  if (!isTaken)
    findings.error(path, "is a header of the protocol anthropic, which this provider is not asked in; remove it");
  else if (!/^\d{4}-\d{2}-\d{2}$/.test(version)) findings.error(path, "must be a date such as 2023-06-01");
}

function checkHeaders(name: string, merged: ConfigProvider, findings: Findings): void {
  for (const [header, value] of Object.entries(merged.headers ?? {})) {
    const path = ["providers", name, "headers", header];
    if (!isHeaderName(header)) findings.badName(path, "is no legal name of a header");
    else if (isCredential(header)) findings.badName(path, "carries a credential; give it with api_key_env");
    else if (OWN_HEADERS.includes(header.toLowerCase()))
      findings.badName(path, "is set by the gateway itself; remove it");
    if (!isHeaderValue(value)) findings.error(path, "has a value with characters that cannot be sent in a header");
  }
  (merged.forward_headers ?? []).forEach((header, at) => {
    const path = ["providers", name, "forward_headers", at];
    const stem = header.replace(/\*$/, "");
    if (!isHeaderName(stem) || stem.includes("*"))
      findings.error(path, "must be the name of a header, or its beginning and a *");
    else if (isCredential(header))
      findings.error(path, "would send the client's credential to the provider; remove it");
    else if (OWN_HEADERS.includes(header.toLowerCase()))
      findings.error(path, "is set by the gateway itself; remove it");
  });
}

/** Fit for the tag under which sealed reasoning travels. */
const SEAL_WORD = /^[a-z0-9_-]{1,32}$/;

function checkSeals(name: string, merged: ConfigProvider, findings: Findings): void {
  if (merged.seals !== undefined && !SEAL_WORD.test(merged.seals))
    findings.error(["providers", name, "seals"], "must be a word of 1 to 32 lower-case letters, digits, - and _");
}

function checkFiles(
  name: string,
  merged: ConfigProvider,
  { readFile, resolvePath }: CheckInput,
  findings: Findings,
): void {
  const file = merged.ca_file ?? null;
  if (file === null) return;
  const text = readFile(resolvePath(file));
  const path = ["providers", name, "ca_file"];
  if (text === null) findings.error(path, "names a file that cannot be read; correct the path");
  else if (!text.includes("-----BEGIN CERTIFICATE-----"))
    findings.error(path, "names a file without a PEM certificate in it");
}

function checkCredentials(name: string, merged: ConfigProvider, input: CheckInput, findings: Findings): void {
  const path = ["providers", name];
  if (merged.api_key !== undefined) {
    findings.warn(
      [...path, "api_key"],
      "is ignored, so that keys stay out of this file; put the key into a variable and name it in api_key_env",
    );
  }
  const shorthand = merged.api_key_env !== undefined || merged.api_key_file !== undefined || merged.aws !== undefined;
  if (merged.accounts !== undefined && shorthand) {
    findings.error(path, "has accounts and a key of its own; move the key into an account");
    return;
  }
  const ids = new Set<string>();
  for (const account of accountsOf(name, merged)) {
    if (ids.has(account.id)) findings.error([...account.path, "id"], "is the id of two accounts; rename one of them");
    ids.add(account.id);
    if (!ACCOUNT_ID.test(account.id))
      findings.error([...account.path, "id"], "must be letters, digits, dots, dashes and underscores");
    checkAccount(account, merged, input, findings);
  }
}

function checkAccount(
  account: ReturnType<typeof accountsOf>[number],
  merged: ConfigProvider,
  input: CheckInput,
  findings: Findings,
): void {
  const { forms, path } = account;
  if (refuseForms(forms, path, "api_key", findings)) return;
  if (countForms(forms) === 0) {
    const mayDoWithout = merged.allow_private === true || readAuthMode(input.config.auth?.mode) === "passthrough";
    if (!mayDoWithout) findings.error(path, "has no key; name the variable that holds it with api_key_env");
    return;
  }
  if (forms.aws != null) {
    checkAws(forms.aws.profile, path, merged, input, findings);
    return;
  }
  const field = [...path, forms.env !== null ? "api_key_env" : forms.file !== null ? "api_key_file" : "api_key"];
  const state = readSecret(forms, input, field);
  if (state.kind === "value") {
    const reason = unrefreshable(state.text);
    // An access token cannot be renewed here, but Vertex AI takes nothing else: a file that is kept fresh is the way.
    const mayExpire = merged.carrier === "vertex" && forms.file !== null;
    if (reason !== null && !mayExpire) findings.error(field, reason);
    if (isAws(merged) && isKeyPair(state.text)) checkRegion(merged, path, findings);
  } else if (state.kind === "absent") {
    findings.warn(field, `${state.reason}; until then every request to this account fails`);
  } else findings.error(field, state.reason);
}

function checkAws(
  profile: string | null,
  path: Path,
  merged: ConfigProvider,
  input: CheckInput,
  findings: Findings,
): void {
  const field = [...path, "aws"];
  if (!isAws(merged)) {
    findings.error(field, "is for providers of protocol bedrock or carrier bedrock-invoke; use api_key_env");
    return;
  }
  const keys = readAwsKeys(profile, input);
  if (keys.kind === "refused") findings.error(field, keys.reason);
  else if (keys.kind === "absent") {
    findings.warn(field, `${keys.reason}; until then every request to this account fails`);
  }
  if (keys.kind !== "keys" || isKeyPair(keys.text)) checkRegion(merged, path, findings);
}

function checkRegion(merged: ConfigProvider, path: Path, findings: Findings): void {
  if (merged.region === undefined && regionOfHost(merged.base_url ?? "") === null) {
    findings.error([...path.slice(0, 2)], "needs region, because its host names none and requests are signed for one");
  }
}

function isProxy(proxy: string): boolean {
  const url = URL.parse(proxy);
  return url !== null && ["http:", "https:"].includes(url.protocol) && url.hostname !== "";
}

/** `header` may end in a star, and then stands for all that begin so. */
function isCredential(header: string): boolean {
  const name = header.toLowerCase();
  if (name.endsWith("*")) return CREDENTIAL_HEADERS.some((each) => each.startsWith(name.slice(0, -1)));
  return CREDENTIAL_HEADERS.includes(name);
}

const UPSTREAM_PATH = /^\/(?!\/)[^\s\\#]*$/;
const ACCOUNT_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

const CREDENTIAL_HEADERS = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-amz-security-token",
];

/** Hop-by-hop (RFC 9110 section 7.6.1), and what describes the body that we write. */
const OWN_HEADERS = [
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
