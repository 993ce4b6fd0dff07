/**
 * What a failover must keep. A stand-in of another model must be proven able, so an unknown capability counts as "no".
 * For the requested lane, and for lanes proven to be the same model, unknown counts as "perhaps".
 */
import { isSameModel } from "../ir/canonical.ts";
import { isKnownToServe, type Needs, TIERS } from "../ir/capability.ts";
import type { Keep, Lane } from "../ir/deployment.ts";
import { unreachable } from "../std/unreachable.ts";

/** `first`: the lane compared with. The same model keeps its identity and tier, wherever it is served. */
export function satisfiesKeep(keep: readonly Keep[], first: Lane, candidate: Lane, needs: Needs): boolean {
  if (keep.length === 0 || candidate.id === first.id) return true;
  const isSame = candidate.model === first.model || isSameModel(first, candidate);
  if (!isSame && candidate.unknown !== "allow" && !isKnownToServe(needs, candidate.capabilities)) return false;
  return keep.every((each) => keeps(each, first, candidate, isSame));
}

/** For a refusal. "capability": the model is not known to have what the request needs. */
export function brokenPromises(keep: readonly Keep[], first: Lane, candidate: Lane, needs: Needs): readonly string[] {
  const isSame = candidate.model === first.model || isSameModel(first, candidate);
  const isAble = isSame || candidate.unknown === "allow" || isKnownToServe(needs, candidate.capabilities);
  const broken: string[] = keep.filter((each) => !keeps(each, first, candidate, isSame));
  return isAble ? broken : [...broken, "capability"];
}

function keeps(keep: Keep, first: Lane, candidate: Lane, isSame: boolean): boolean {
  switch (keep) {
    case "provider":
      return candidate.provider === first.provider;
    case "model":
      return isSame;
    case "tier":
      return isSame || isTierKept(first, candidate);
    case "region":
      return first.region !== undefined && candidate.region === first.region;
    case "zdr":
      return candidate.retention === "none";
    default:
      return unreachable(keep);
  }
}

function isTierKept(first: Lane, candidate: Lane): boolean {
  const [asked, offered] = [first.capabilities.tier, candidate.capabilities.tier];
  return asked !== null && offered !== null && TIERS.indexOf(offered) >= TIERS.indexOf(asked);
}
