/** What a vendor's lists say of an account's models, one list after the other. Pure. */
import { isReportedAs } from "../ir/canonical.ts";
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { KeptListing } from "../ir/standing.ts";

/** What a vendor gave of its models; null: nothing, or nothing that can be read. */
type Given = { readonly names: ReadonlySet<string>; readonly isComplete: boolean } | null;

interface Fold {
  /** null: there was none before. */
  readonly before: KeptListing | null;
  /** Of the account, those that are watched. */
  readonly lanes: readonly Lane[];
  readonly given: Given;
  readonly credential: string | null;
  readonly wallMs: number;
}

/**
 * A model is missing where a complete list lacks it that held it before, and back with the first list that holds it. A list
 * that is not complete, cannot be read or holds nothing at all takes no model out.
 */
export function foldListing({ before, lanes, given, credential, wallMs }: Fold): KeptListing {
  const known = before?.credential === credential ? before : null;
  const held = new Set<string>();
  const missing: Record<string, number> = {};
  for (const model of new Set(lanes.map(({ upstreamModel }) => upstreamModel))) {
    const sinceMs = known !== null && Object.hasOwn(known.missing, model) ? known.missing[model] : undefined;
    const wasHeld = known?.held.includes(model) === true;
    const isListed = given !== null && holds(given.names, model);
    if (isListed || wasHeld) held.add(model);
    if (isListed || !wasHeld) continue;
    if (sinceMs !== undefined) missing[model] = sinceMs;
    else if (given?.isComplete === true && given.names.size > 0) missing[model] = wallMs;
  }
  return { credential, askedWallMs: wallMs, held: [...held], missing };
}

function holds(names: ReadonlySet<string>, upstreamModel: string): boolean {
  const asked = { upstreamModel, canonical: { id: upstreamModel, proven: false } };
  return [...names].some((name) => isReportedAs(asked, name));
}

export function accountOf({ provider, account }: Pick<Lane, "provider" | "account">): string {
  return `${provider}/${account}`;
}

/** Lanes that are watched say since when their vendor does not list them. */
export function withListings(deployment: Deployment, listings: ReadonlyMap<string, KeptListing>): Deployment {
  const lanes = Object.values(deployment.lanes).map((lane) => {
    const missing = lane.watch === true ? listings.get(accountOf(lane))?.missing : undefined;
    const { upstreamModel } = lane;
    const sinceMs = missing !== undefined && Object.hasOwn(missing, upstreamModel) ? missing[upstreamModel] : undefined;
    return [lane.id, sinceMs === undefined ? lane : { ...lane, notListedSinceMs: sinceMs }] as const;
  });
  return lanes.some(([, { notListedSinceMs }]) => notListedSinceMs !== undefined)
    ? { ...deployment, lanes: Object.fromEntries(lanes) }
    : deployment;
}
