/**
 * What a vendor says to a key without being asked for an answer of a model: its list of models, or where that is open to
 * everybody, its own question about the key. One question an account, bounded in time and size.
 */
import type { Door, Lane, Provider } from "../../ir/deployment.ts";
import { readVendorList, type VendorList } from "../../protocols/shared/vendor-list.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import type { UpstreamBody } from "../../upstream/contract.ts";
import { collect, jsonOrNull } from "../answer/collect.ts";
import type { World } from "../contract.ts";

type VendorWorld = Pick<World, "deployment" | "protocolOf" | "secretOf" | "send" | "caOf" | "userAgent"> & {
  readonly effects: Pick<World["effects"], "nowMs" | "wallMs">;
};

export interface VendorSaid {
  /** taken: the vendor takes the key. refused: it does not. silent: it was not reached, or could not answer. unasked: there is no way to ask. */
  readonly key: "taken" | "refused" | "silent" | "unasked";
  /** In a few words, of ours alone; empty: nothing more is to be said. */
  readonly because: string;
  /** Null: it has none, or it could not be read. */
  readonly list: VendorList | null;
  readonly tookMs: number;
}

const ASK_MS_MAX = 10_000;
const LIST_BYTES_MAX = 16 * 1024 * 1024;
const TIMERS = { connectMs: 5_000, firstByteMs: ASK_MS_MAX, idleMs: ASK_MS_MAX, totalMs: ASK_MS_MAX };

/** Asks for one lane, which stands for all of its account. */
export async function askVendor(world: VendorWorld, lane: Lane, signal: StopSignal): Promise<VendorSaid> {
  const { nowMs } = world.effects;
  const startedMs = nowMs();
  const provider = world.deployment.providers[lane.provider];
  if (provider === undefined) throw new Error(`lane ${lane.id} names a provider that is not deployed`);
  const said = (key: VendorSaid["key"], because: string, list: VendorList | null = null): VendorSaid => {
    return { key, because, list, tookMs: nowMs() - startedMs };
  };
  if (lane.credential !== null && world.secretOf(lane) === null) return said("refused", "no key is set");
  const [door] = lane.doors;
  const path = listPath(world, door, provider);
  const keyPath = provider.keyPath ?? null;
  if (path === null && keyPath === null) return said("unasked", "it has no list of models here");
  const asked = { world, lane, door, provider, signal };
  if (keyPath !== null) {
    const key = await get(asked, keyPath);
    if (key.kind !== "body") return said(key.kind, key.because);
    if (path === null) return said("taken", "");
  }
  const got = await get(asked, path ?? "");
  if (got.kind !== "body") return said(got.kind, got.because);
  const list = readVendorList(got.json);
  if (list === null) return said("taken", "its list cannot be read");
  return said("taken", "", await withPages(asked, path ?? "", list));
}

/** Models of the largest routers fit into one page of the size that is asked for. */
const PAGES_MAX = 20;
const NAMES_MAX = 20_000;

/** The pages after the first one. A page that is not given leaves the list incomplete. */
async function withPages(asked: Asked, path: string, first: VendorList): Promise<VendorList> {
  const names = new Set(first.names);
  const facts = new Map(first.facts);
  let page = first;
  for (let pages = 1; page.next !== null && pages < PAGES_MAX && names.size < NAMES_MAX; pages += 1) {
    const { parameter, value } = page.next;
    const joint = path.includes("?") ? "&" : "?";
    const got = await get(asked, `${path}${joint}${parameter}=${encodeURIComponent(value)}`);
    const next = got.kind === "body" ? readVendorList(got.json) : null;
    // A vendor that does not know the parameter gives the same page again.
    if (next === null || [...next.names].every((name) => names.has(name))) break;
    for (const name of next.names) names.add(name);
    for (const [name, said] of next.facts) facts.set(name, said);
    page = next;
  }
  return { names, facts, isComplete: page.isComplete, next: page.next };
}

/** Beside the operation's own path, where the configuration has another one; null: unknown. */
function listPath(world: VendorWorld, door: Door, { modelsPath }: Provider): string | null {
  if (modelsPath !== undefined) return modelsPath;
  const own = world.protocolOf(door.protocol).operations.vendorList ?? null;
  if (own === null || door.path === null) return own;
  const base = OPERATION.exec(door.path)?.[1];
  return base === undefined ? null : `${base}/models`;
}

const OPERATION = /^([^?{}]*)\/(?:chat\/completions|responses|messages|chat)$/;

interface Asked {
  readonly world: VendorWorld;
  readonly lane: Lane;
  readonly door: Door;
  readonly provider: Provider;
  readonly signal: StopSignal;
}

type Got =
  | { readonly kind: "body"; readonly json: unknown }
  | { readonly kind: "refused" | "silent" | "unasked"; readonly because: string };

async function get({ world, lane, door, provider, signal }: Asked, path: string): Promise<Got> {
  const { carrier } = world.protocolOf(door.protocol);
  const url = provider.baseUrl + path;
  const secret = world.secretOf(lane);
  const request = { method: "GET", url, contentType: "application/json", body: [], style: door.authStyle } as const;
  const { region = null } = provider;
  const wallMs = world.effects.wallMs();
  const signed =
    secret === null ? {} : await carrier.auth.sign({ ...request, secret, region, passthrough: false, wallMs });
  const own = { accept: "application/json", "accept-encoding": "identity", "user-agent": world.userAgent };
  const sent = await world.send({
    url,
    method: "GET",
    headers: { ...carrier.headers.requestDefaults, ...provider.headers, ...own, ...signed },
    body: [],
    timers: TIMERS,
    signal,
    proxy: provider.proxy,
    ca: world.caOf(provider),
    client: provider.upstreamClient,
  });
  if (sent.kind === "aborted") return { kind: "silent", because: "it was not waited for" };
  if (sent.kind === "failed") return { kind: "silent", because: `no answer (${sent.failure.kind})` };
  return readGot(sent.status, sent.body);
}

async function readGot(status: number, body: UpstreamBody): Promise<Got> {
  body.begun();
  const read = status >= 200 && status < 300 ? await collect(body, LIST_BYTES_MAX) : null;
  body.cancel();
  if (status === 401 || status === 403) return { kind: "refused", because: `status ${status}` };
  // Of a path that is not there nothing follows for the key.
  if (status === 404 || status === 405)
    return { kind: "unasked", because: `it has no list of models here (status ${status})` };
  if (read === null) return { kind: "silent", because: `status ${status}` };
  return read.kind === "whole"
    ? { kind: "body", json: jsonOrNull(read.bytes) }
    : { kind: "silent", because: read.kind === "cut" ? "its list is too long" : "its answer broke off" };
}
