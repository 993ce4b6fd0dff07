/**
 * What a failover must keep. A stand-in of another model must be proven able, so an unknown capability counts as "no".
 * For the requested lane, and for lanes proven to be the same model, unknown counts as "perhaps".
 */
import { isSameModel } from "../ir/canonical.ts";
import { type Capabilities, missingCapabilities, type Needs, TIERS } from "../ir/capability.ts";
import type { Keep, Lane } from "../ir/deployment.ts";
import { unreachable } from "../std/unreachable.ts";

/** `first`: the lane compared with. The same model keeps everything but the provider. */
export function satisfiesKeep(keep: readonly Keep[], first: Lane, candidate: Lane, needs: Needs): boolean {
  if (keep.length === 0) return true;
  const isSame = candidate.model === first.model || isSameModel(first, candidate);
  if (!isSame && !isKnownToServe(needs, candidate.capabilities)) return false;
  return keep.every((each) => keeps(each, first, candidate, isSame));
}

function keeps(keep: Keep, first: Lane, candidate: Lane, isSame: boolean): boolean {
  switch (keep) {
    case "provider":
      return candidate.provider === first.provider;
    case "model":
      return isSame;
    case "tier":
      return isSame || isTierKept(first, candidate);
    default:
      return unreachable(keep);
  }
}

function isTierKept(first: Lane, candidate: Lane): boolean {
  const [asked, offered] = [first.capabilities.tier, candidate.capabilities.tier];
  return asked !== null && offered !== null && TIERS.indexOf(offered) >= TIERS.indexOf(asked);
}

/** Every need is answered with a certain yes. */
function isKnownToServe(needs: Needs, known: Capabilities): boolean {
  if (missingCapabilities(needs, known).length > 0) return false;
  const asked = [
    needs.input.length > 0 && known.input,
    needs.output.length > 0 && known.output,
    needs.tools && known.tools,
    needs.structuredOutput && known.structuredOutput,
  ];
  return !asked.includes(null);
}
