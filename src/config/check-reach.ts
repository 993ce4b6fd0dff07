/** How many of the lanes there are one request can try at all: `failover.cap` bounds it, and other accounts of a model come first. */
import { DEFAULTS } from "./defaults.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { accountsOf, providerOf } from "./merge.ts";

export function checkReach(input: CheckInput, findings: Findings): void {
  for (const [name, { members = [], failover }] of Object.entries(input.config.pools ?? {})) {
    const asked = members.filter(
      ({ target, weight }) => weight !== 0 && failover?.exclusions?.includes(target) !== true,
    );
    const targets = [...new Set(asked.map(({ target }) => target))];
    const lanes = targets.reduce((sum, model) => sum + lanesOf(model, input), 0);
    checkCap({ what: "lanes", count: lanes, cap: failover?.cap, path: ["pools", name] }, findings);
  }
  const crowded = new Set<string>();
  for (const [name, { provider, failover }] of Object.entries(input.config.models)) {
    // Of a provider's models that say nothing the first one is enough to tell.
    if (failover?.cap === undefined && crowded.has(provider)) continue;
    const count = lanesOf(name, input);
    const isTold = checkCap({ what: "accounts", count, cap: failover?.cap, path: ["models", name] }, findings);
    if (isTold && failover?.cap === undefined) crowded.add(provider);
  }
}

interface Reach {
  readonly what: string;
  readonly count: number;
  readonly cap: number | undefined;
  readonly path: readonly string[];
}

/** No further lane at all is a choice. */
function checkCap({ what, count, cap: stated, path }: Reach, findings: Findings): boolean {
  const cap = stated ?? DEFAULTS.failoverCap;
  if (cap === 0 || count <= cap + 1) return false;
  findings.warn(
    stated === undefined ? [...path] : [...path, "failover", "cap"],
    `has ${count} ${what} that may serve, and one request tries at most ${cap + 1} of them; set failover.cap to ${count - 1} to let it try all`,
  );
  return true;
}

function lanesOf(model: string, { config, catalog }: CheckInput): number {
  const name = Object.hasOwn(config.models, model) ? (config.models[model]?.provider ?? "") : "";
  const provider = providerOf(name, config, catalog);
  return provider === undefined ? 0 : accountsOf(name, provider).filter(({ routing }) => routing).length;
}
