/** When two lanes are the same model, and when a vendor's name for a model is the one that was asked for. Proven, never guessed. */
import type { Lane } from "./deployment.ts";

/** Equal canonical ids. One that is merely a label says nothing outside its own provider. */
export function isSameModel(
  one: Pick<Lane, "provider" | "canonical">,
  other: Pick<Lane, "provider" | "canonical">,
): boolean {
  const id = normal(one.canonical.id);
  if (id === "" || id !== normal(other.canonical.id)) return false;
  return one.provider === other.provider || (one.canonical.proven && other.canonical.proven);
}

/** Ids are compared as the vendors' own servers mostly do: without regard to case or surrounding space. */
export function normal(id: string): string {
  return id.trim().toLowerCase();
}

/**
 * A dated or vendor-prefixed spelling names the same model, and so does the proven identity of a lane whose upstream name
 * is the operator's own (a deployment at Azure). Names that float answer with what they stand for today.
 */
export function isReportedAs(
  { upstreamModel, canonical }: Pick<Lane, "upstreamModel" | "canonical">,
  reported: string,
): boolean {
  if (isSpelling(upstreamModel, reported) || (canonical.proven && isSpelling(canonical.id, reported))) return true;
  // An ending of the client's own chooses hosts, and their answers mostly name the model without it.
  const label = normal(canonical.id);
  return normal(upstreamModel).startsWith(`${label}:`) && isSpelling(label, reported);
}

function isSpelling(name: string, reported: string): boolean {
  const asked = normal(name).replace(FLOATS, "");
  const got = normal(reported);
  return got === asked || got.startsWith(`${asked}-`) || asked.endsWith(`/${got}`) || got.endsWith(`/${asked}`);
}

const FLOATS = /-latest$/;
