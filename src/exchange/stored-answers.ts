/**
 * Which account stores the answers that a later request may refer to by id (`previous_response_id`). Remembered per
 * worker, by digest, and only where a deployment has several accounts that may store them.
 */
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { Payload, Protocol } from "../protocols/protocol.ts";
import { createBoundedMap } from "../std/bounded.ts";
import { sha256Hex } from "../std/digest.ts";

export interface StoredAnswers {
  /** Takes the ids of a frame or whole answer that came from the lane; null: there is one account, or it stores nothing. */
  watcherOf(payload: Payload, lane: Lane): ((text: string) => void) | null;
  /** The account that stores it; null: not known (any more). */
  holderOf(id: string): string | null;
  /** What is remembered stays. */
  reconfigure(deployment: Deployment): void;
}

/** Ids remembered: an answer has a few. 150 bytes each. */
const IDS_MAX = 50_000;
/** Vendors store an answer for 30 days; sessions older than a week are asked where they come first. */
const AGE_MAX_MS = 7 * 24 * 60 * 60_000;
/** Characters of the digest that stand for an id. */
const DIGEST_CHARS = 24;

/** What stores at a vendor belongs to an account, whatever the model. */
export function accountOf({ provider, account }: Lane): string {
  return `${provider}/${account}`;
}

export function createStoredAnswers(input: {
  readonly deployment: Deployment;
  readonly protocolOf: (id: string) => Protocol;
  readonly nowMs: () => number;
}): StoredAnswers {
  const holders = createBoundedMap<string, string>(IDS_MAX, AGE_MAX_MS);
  const accounts = new Map<string, Set<string>>();
  const reconfigure = ({ lanes }: Deployment): void => {
    accounts.clear();
    for (const lane of Object.values(lanes)) {
      for (const { protocol } of lane.doors) {
        const { id } = input.protocolOf(protocol).payload;
        accounts.set(id, (accounts.get(id) ?? new Set()).add(accountOf(lane)));
      }
    }
  };
  reconfigure(input.deployment);
  return {
    reconfigure,
    watcherOf({ id, storedIds }, lane) {
      if (storedIds === undefined || (accounts.get(id)?.size ?? 0) < 2) return null;
      const account = accountOf(lane);
      return (text) => {
        for (const each of storedIds(text)) holders.set(digestOf(each), account, input.nowMs());
      };
    },
    holderOf: (id) => holders.get(digestOf(id), input.nowMs()) ?? null,
  };
}

function digestOf(id: string): string {
  return sha256Hex(id).slice(0, DIGEST_CHARS);
}
