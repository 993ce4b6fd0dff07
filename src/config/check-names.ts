/** Names of providers, models and pools: what they may look like, and which may not meet. */
import type { CheckInput, Findings } from "./findings.ts";
import { hasControl } from "./interpolate.ts";

/** Names are labels of metrics, parts of lane ids and of headers. */
const NAME_CHARS_MAX = 200;

const KINDS = ["providers", "models", "pools"] as const;

export function checkNames({ names }: CheckInput, findings: Findings): void {
  for (const kind of KINDS) {
    for (const name of names[kind]) {
      const reason = badName(name, kind);
      if (reason !== null) findings.badName([kind, name], reason);
    }
  }
  for (const pool of names.pools) {
    if (names.providers.has(pool)) findings.badName(["pools", pool], "is also the name of a provider; rename the pool");
    if (names.models.has(pool)) findings.badName(["pools", pool], "is also the name of a model; rename the pool");
  }
}

function badName(name: string, kind: (typeof KINDS)[number]): string | null {
  if (name === "") return "has an empty name; give it one";
  if (name.length > NAME_CHARS_MAX) return `has a name of more than ${NAME_CHARS_MAX} characters; shorten it`;
  if (hasControl(name) || name.trim() !== name)
    return "has a name with white space around it or control characters in it";
  if (name.split("/")[0] === "admin")
    return "would hide the admin pages; choose a name that does not begin with admin/";
  if (kind === "providers" && name.includes("/"))
    return "has a slash in its name, which separates provider and model; rename it";
  return null;
}
