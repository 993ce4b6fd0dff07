/** Names that are asked for and not configured: whose target they stand for. Resolved once; what they lead to is configured. */
import { normal } from "../ir/canonical.ts";
import type { AliasWay, Deployment, Target } from "../ir/deployment.ts";
import { fitsPattern } from "../std/wildcard.ts";

interface FoundAlias {
  readonly target: Target;
  readonly by: AliasWay;
}

/** Which names may stand for another target: all, those of the very same model (by the catalog or their spelling), or none. */
export type NamesUsed = "all" | "same-model" | "none";

/** Exact names first, then the longest pattern; null: it stands for nothing. `provider/…` is a place and never an alias. */
export function findAlias(deployment: Deployment, asked: string, used: NamesUsed): FoundAlias | null {
  const { aliases } = deployment;
  if (used === "none" || aliases === undefined || isPlace(deployment, asked)) return null;
  const exact = findOtherName(deployment, asked, used);
  if (exact !== null || used === "same-model") return exact;
  const word = normal(asked);
  const pattern = aliases.patterns.find((each) => fitsPattern(each.pattern, word));
  return pattern === undefined ? null : found(deployment, pattern.target, "pattern");
}

/** Without patterns: what a list can show. */
export function findOtherName(
  deployment: Deployment,
  asked: string,
  used: Exclude<NamesUsed, "none">,
): FoundAlias | null {
  const names = deployment.aliases?.exact;
  const word = normal(asked);
  const name = names !== undefined && Object.hasOwn(names, word) ? names[word] : undefined;
  if (name === undefined || (used === "same-model" && name.by === "written")) return null;
  return found(deployment, name.target, name.by);
}

/** What a pattern leads to is no proof of which model was meant. */
export function refusesPatterns({ identity, exactFailover }: Target): boolean {
  return identity === "strict" || exactFailover;
}

function found({ targets }: Deployment, name: string, by: AliasWay): FoundAlias | null {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  return target === undefined ? null : { target, by };
}

/** A provider stands before the first slash, in whatever letters. */
function isPlace({ providers }: Deployment, asked: string): boolean {
  const end = asked.indexOf("/");
  if (end < 0) return false;
  const head = normal(asked.slice(0, end));
  return Object.keys(providers).some((name) => normal(name) === head);
}
