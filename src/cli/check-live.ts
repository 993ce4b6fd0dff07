/** `check --live`: whether each vendor takes each key, and lists the models that are to be asked there. One small question an account. */
import type { createVendorAsk } from "../compose.ts";
import { isReportedAs } from "../ir/canonical.ts";
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { CliIo } from "./io.ts";
import { formatTable } from "./text.ts";

type Ask = ReturnType<typeof createVendorAsk>;
type Said = Awaited<ReturnType<Ask>>;

export interface LiveLane {
  readonly lane: string;
  readonly host: string;
  readonly key: Said["key"];
  readonly because: string;
  /** Null: the vendor's list is not known, or not all of it. */
  readonly listed: boolean | null;
  readonly priced: boolean;
  readonly ms: number;
}

const ASKED_AT_ONCE_MAX = 4;

/** In the order of the lanes; those of one account share one answer. */
export async function checkLive(deployment: Deployment, ask: Ask): Promise<readonly LiveLane[]> {
  const lanes = Object.values(deployment.lanes);
  const first = new Map<string, Lane>();
  for (const lane of lanes) if (!first.has(accountOf(lane))) first.set(accountOf(lane), lane);
  const waiting = [...first];
  const said = new Map<string, Said>();
  const askRest = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) said.set(next[0], await ask(next[1]));
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE_MAX }, askRest));
  return lanes.flatMap((lane) => {
    const answer = said.get(accountOf(lane));
    return answer === undefined ? [] : [rowOf(deployment, lane, answer)];
  });
}

function accountOf({ provider, account }: Lane): string {
  return `${provider}/${account}`;
}

function rowOf({ providers }: Deployment, lane: Lane, { key, because, list, tookMs }: Said): LiveLane {
  const { upstreamModel } = lane;
  const asked = { upstreamModel, canonical: { id: upstreamModel, proven: false } };
  const holds = list !== null && [...list.names].some((name) => isReportedAs(asked, name));
  return {
    lane: lane.id,
    host: hostOf(providers[lane.provider]?.baseUrl ?? ""),
    key,
    because,
    listed: holds ? true : list?.isComplete === true ? false : null,
    priced: lane.prices !== null,
    ms: Math.round(tookMs),
  };
}

/** A base URL may hold more than a host, and none of it is for a screen. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

/** A key that is refused or not there, or a vendor that does not answer; a model that is not listed may still be served. */
export function isLiveFine(rows: readonly LiveLane[]): boolean {
  return rows.every(({ key }) => key === "taken" || key === "unasked");
}

const KEY_WORDS: Readonly<Record<Said["key"], string>> = {
  taken: "ok",
  refused: "refused",
  silent: "no answer",
  unasked: "not tried",
};

export function liveText(rows: readonly LiveLane[]): string {
  const table = formatTable([
    ["LANE", "HOST", "KEY", "LISTED", "PRICED", "MS"],
    ...rows.map(({ lane, host, key, because, listed, priced, ms }) => [
      lane,
      host,
      because === "" ? KEY_WORDS[key] : `${KEY_WORDS[key]}: ${because}`,
      listed === null ? "unknown" : listed ? "yes" : "no",
      priced ? "yes" : "no",
      String(ms),
    ]),
  ]);
  const missing = rows.filter(({ listed }) => listed === false).map(({ lane }) => lane);
  return missing.length === 0
    ? table
    : `${table}\nNot in its vendor's list: ${missing.join(", ")}. It may be served all the same; if it is not, correct upstream_model.\n`;
}

/** With the real network, clock and secrets. */
export async function askRealVendors(deployment: Deployment, io: CliIo): Promise<readonly LiveLane[]> {
  const { createVendorAsk } = await import("../compose.ts");
  const { realEffects } = await import("../process/real-effects.ts");
  const { createSecretResolver, systemSecretSources } = await import("../config/secret-refs.ts");
  const { readFileOrNull } = await import("../config/files.ts");
  const effects = realEffects("own");
  const sources = systemSecretSources({ readEnv: (name) => io.env[name], nowMs: effects.nowMs });
  const { resolve } = createSecretResolver(sources);
  return checkLive(deployment, createVendorAsk({ deployment, effects, secrets: resolve, readText: readFileOrNull }));
}
