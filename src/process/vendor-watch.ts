/**
 * Asks vendors for their lists of models, where a model says `watch: true`: each account once a day, one after the other. No
 * start and no request waits for it.
 */
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { KeptListing } from "../ir/standing.ts";
import type { Cancel, Effects } from "../std/effects.ts";
import { accountOf, foldListing } from "./listings.ts";
import type { SupervisorOptions, VendorAsk } from "./supervisor-options.ts";

export interface VendorWatch {
  /** Before workers are given their plan, and for each deployment after it. */
  serve(deployment: Deployment): void;
  /** What is under way changes nothing any more. */
  stop(): void;
}

interface WatchOptions extends Pick<SupervisorOptions, "say"> {
  readonly effects: Pick<Effects, "wallMs" | "setTimer" | "random">;
  readonly vendorOf: (deployment: Deployment) => VendorAsk;
  readonly salt: () => string;
  readonly listing: (account: string) => KeptListing | null;
  /** null: nothing is known any more. */
  readonly keep: (account: string, listing: KeptListing | null) => void;
  /** A model is out, or back. */
  readonly onChange: () => void;
}

const DAY_MS = 86_400_000;
/** Each pause is longer by up to this share, so that gateways do not ask in step. */
const JITTER = 0.1;
/** A first question comes some time in the first minute. */
const FIRST_MS_MAX = 60_000;

interface Watched {
  /** All lanes of one account that are watched. */
  readonly lanes: readonly Lane[];
  readonly first: Lane;
  dueWallMs: number;
}

export function createVendorWatch(options: WatchOptions): VendorWatch {
  const { effects, say } = options;
  let watched = new Map<string, Watched>();
  let vendor: VendorAsk | null = null;
  let cancel: Cancel = () => undefined;
  /** Counts deployments: an answer to a question of an earlier one is not taken. */
  let epoch = 0;

  const dueOf = (before: KeptListing | null): number => {
    const now = effects.wallMs();
    if (before === null) return now + effects.random() * FIRST_MS_MAX;
    // A clock that was set back must not put the next question off for long.
    return Math.min(before.askedWallMs, now) + DAY_MS * (1 + JITTER * effects.random());
  };
  const arm = (): void => {
    cancel();
    const next = [...watched].toSorted(([, left], [, right]) => left.dueWallMs - right.dueWallMs)[0];
    if (next === undefined) return;
    const [account, each] = next;
    const waitMs = Math.max(0, each.dueWallMs - effects.wallMs());
    cancel = effects.setTimer(waitMs, () => void look(account, each, epoch));
  };
  const look = async (account: string, each: Watched, asked: number): Promise<void> => {
    if (vendor === null) return;
    // A request that cannot even be signed is one that says nothing.
    const given = await vendor.ask(each.first).catch(() => null);
    if (asked !== epoch) return;
    const before = options.listing(account);
    const credential = vendor.digest(each.first, options.salt());
    const after = foldListing({ before, lanes: each.lanes, given, credential, wallMs: effects.wallMs() });
    options.keep(account, after);
    each.dueWallMs = dueOf(after);
    tell(say, each.lanes, before, after);
    if (toldBy(before) !== toldBy(after)) options.onChange();
    arm();
  };
  return {
    serve(deployment) {
      epoch += 1;
      const lanes = Object.values(deployment.lanes).filter(({ watch, routing }) => watch === true && routing);
      const next = new Map<string, Watched>();
      vendor = lanes.length === 0 ? null : options.vendorOf(deployment);
      for (const [account, all] of Map.groupBy(lanes, accountOf)) {
        const [first] = all;
        if (first === undefined) continue;
        const known = options.listing(account);
        const isOther = known !== null && known.credential !== (vendor?.digest(first, options.salt()) ?? null);
        // What was listed to another credential says nothing to this one.
        if (isOther) options.keep(account, null);
        next.set(account, { lanes: all, first, dueWallMs: dueOf(isOther ? null : known) });
      }
      watched = next;
      arm();
    },
    stop() {
      epoch += 1;
      cancel();
      watched = new Map();
    },
  };
}

/** What lanes are told of it. */
function toldBy(listing: KeptListing | null): string {
  return JSON.stringify([listing?.missing ?? {}, listing?.facts ?? {}]);
}

function tell(say: WatchOptions["say"], lanes: readonly Lane[], before: KeptListing | null, after: KeptListing): void {
  const wasOut = (model: string): boolean => before !== null && Object.hasOwn(before.missing, model);
  for (const { id, upstreamModel } of lanes) {
    const isOut = Object.hasOwn(after.missing, upstreamModel);
    if (isOut === wasOut(upstreamModel)) continue;
    if (isOut) say("warning", `Its vendor lists ${id} no more: it is left out until it is listed again.`);
    else say("info", `Its vendor lists ${id} again: it serves.`);
  }
}
