/** What a vendor's lists say of an account's models, one list after the other. Pure. */

import { isReportedAs } from "../ir/canonical.ts";
import { type ListedFacts, withListedFacts } from "../ir/capability.ts";
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { GivenList, KeptListing } from "../ir/standing.ts";

interface Fold {
  /** null: there was none before. */
  readonly before: KeptListing | null;
  /** Of the account, those that are watched. */
  readonly lanes: readonly Lane[];
  /** null: nothing, or nothing that can be read. */
  readonly given: GivenList | null;
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
  const facts = factsOf(lanes, given, known);
  return { credential, askedWallMs: wallMs, held: [...held], missing, ...(facts === null ? {} : { facts }) };
}

/** Those of the newest list that says something of a model. */
function factsOf(
  lanes: Fold["lanes"],
  given: Fold["given"],
  known: KeptListing | null,
): NonNullable<KeptListing["facts"]> | null {
  const facts: Record<string, ListedFacts> = {};
  for (const { upstreamModel } of lanes) {
    const said = given?.facts?.get(upstreamModel) ?? known?.facts?.[upstreamModel];
    if (said !== undefined) facts[upstreamModel] = said;
  }
  return Object.keys(facts).length === 0 ? null : facts;
}

function holds(names: ReadonlySet<string>, upstreamModel: string): boolean {
  const asked = { upstreamModel, canonical: { id: upstreamModel, proven: false } };
  return [...names].some((name) => isReportedAs(asked, name));
}

export function accountOf({ provider, account }: Pick<Lane, "provider" | "account">): string {
  return `${provider}/${account}`;
}

/** Lanes that are watched say since when their vendor does not list them, and what its list says that was not known. */
export function withListings(deployment: Deployment, listings: ReadonlyMap<string, KeptListing>): Deployment {
  const lanes = Object.values(deployment.lanes).map((lane) => {
    const listing = lane.watch === true ? listings.get(accountOf(lane)) : undefined;
    return listing === undefined ? lane : listed(lane, listing);
  });
  return lanes.some((lane) => lane !== deployment.lanes[lane.id])
    ? { ...deployment, lanes: Object.fromEntries(lanes.map((lane) => [lane.id, lane])) }
    : deployment;
}

function listed(lane: Lane, { missing, facts = {} }: KeptListing): Lane {
  const { upstreamModel } = lane;
  const sinceMs = Object.hasOwn(missing, upstreamModel) ? missing[upstreamModel] : undefined;
  const said = Object.hasOwn(facts, upstreamModel) ? facts[upstreamModel] : undefined;
  const filled = said === undefined ? null : withListedFacts(lane.capabilities, said);
  const known =
    filled === null || filled.names.length === 0
      ? lane
      : { ...lane, capabilities: filled.capabilities, listed: filled.names };
  return sinceMs === undefined ? known : { ...known, notListedSinceMs: sinceMs };
}
