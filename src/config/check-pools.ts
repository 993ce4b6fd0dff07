/** Pools: members that exist, a breaker that can trip, policies that lead somewhere. */
import { checkExclusions } from "./check-models.ts";
import { checkQuality } from "./check-quality.ts";
import { DEFAULTS } from "./defaults.ts";
import { listedDoors } from "./doors.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { providerOf } from "./merge.ts";
import type { Path } from "./problem.ts";
import type { ConfigPool } from "./schema.ts";
import { isHeaderName, readExhaustion } from "./values.ts";

export function checkPools(input: CheckInput, findings: Findings): void {
  const { models } = input.names;
  for (const [name, pool] of Object.entries(input.config.pools ?? {})) {
    const path = ["pools", name];
    checkMembers(pool, path, input, findings);
    checkBreaker(pool.breaker, [...path, "breaker"], findings);
    checkAffinity(pool.affinity, [...path, "affinity"], findings);
    checkExclusions(pool.failover?.exclusions, [...path, "failover", "exclusions"], models, findings);
    checkExhaustion(name, pool, input, findings);
    const cap = pool.failover?.cap ?? DEFAULTS.failoverCap;
    const members = (pool.members ?? []).map(({ target }) => target);
    const keepsProvider = pool.failover?.keep?.includes("provider") ?? false;
    const place = { path: [...path, "quality"], cap, task: "default", members, keepsProvider };
    checkQuality(pool.quality, place, input, findings);
  }
  checkWindows(input, findings);
}

function checkMembers(pool: ConfigPool, path: Path, input: CheckInput, findings: Findings): void {
  const members = pool.members ?? [];
  if (members.length === 0)
    findings.error([...path, "members"], "is empty, so every request to this pool would be refused; add members");
  else if (members.every(({ weight }) => weight === 0))
    findings.warn(
      [...path, "members"],
      "are all parked by weight: 0, so every request to this pool is refused; raise one",
    );
  const { models, pools } = input.names;
  const seen = new Set<string>();
  members.forEach(({ target }, at) => {
    const here = [...path, "members", at, "target"];
    if (!models.has(target)) {
      const isPool = pools.has(target);
      findings.unknown(
        here,
        isPool ? "is a pool; name models here, or use on_exhausted: fallback_pool" : "is not under models",
        target,
        isPool ? [] : models,
      );
    } else if (seen.has(target))
      findings.warn(here, "stands twice in this pool and their weights are added; write one entry");
    seen.add(target);
  });
  const doors = members.flatMap(({ target }) => {
    const model = Object.hasOwn(input.config.models, target) ? input.config.models[target] : undefined;
    const provider = model === undefined ? undefined : providerOf(model.provider, input.config, input.catalog);
    return provider === undefined ? [] : [listedDoors(provider).map(({ protocol }) => protocol)];
  });
  const protocols = [...new Set(doors.flat())];
  if (doors.length > 0 && !protocols.some((protocol) => doors.every((each) => each.includes(protocol)))) {
    findings.warn(
      [...path, "members"],
      `speak different protocols (${protocols.join(", ")}), so some requests are translated; set translation: strict to refuse losses`,
    );
  }
}

function checkBreaker(breaker: ConfigPool["breaker"], path: Path, findings: Findings): void {
  const base = breaker?.base_cooldown_secs ?? DEFAULTS.baseCooldownSecs;
  const max = breaker?.max_cooldown_secs ?? DEFAULTS.maxCooldownSecs;
  if (max < base)
    findings.error(
      [...path, "max_cooldown_secs"],
      `is ${max} and must not be less than base_cooldown_secs, which is ${base}`,
    );
  const trip = breaker?.trip;
  if (trip?.mode === "consecutive") {
    if (trip.n === 0) findings.error([...path, "trip", "n"], "must be at least 1");
  } else if (trip?.threshold !== undefined && !(trip.threshold > 0 && trip.threshold <= 1)) {
    findings.error(
      [...path, "trip", "threshold"],
      "must be above 0 and at most 1, such as 0.5 for every second request",
    );
  }
}

const AFFINITY_MODES = ["auto", "session", "off"];

function checkAffinity(affinity: ConfigPool["affinity"], path: Path, findings: Findings): void {
  if (affinity?.mode !== undefined && !AFFINITY_MODES.includes(affinity.mode)) {
    findings.unknown([...path, "mode"], "must be session, auto or off", affinity.mode, AFFINITY_MODES);
  }
  if (affinity?.header_name !== undefined && affinity.header_names !== undefined) {
    findings.error(path, "has header_name and header_names; keep one of them");
  }
  const named: [Path, string][] = (affinity?.header_names ?? []).map((name, at) => [
    [...path, "header_names", at],
    name,
  ]);
  if (affinity?.header_name !== undefined) named.push([[...path, "header_name"], affinity.header_name]);
  for (const [here, name] of named) if (!isHeaderName(name)) findings.error(here, "is no legal name of a header");
}

function checkExhaustion(name: string, pool: ConfigPool, { config, names }: CheckInput, findings: Findings): void {
  const path = ["pools", name, "on_exhausted"];
  const read = readExhaustion(pool.on_exhausted);
  if (read.kind === "bad") {
    findings.unknown([...path, "action"], read.reason, pool.on_exhausted?.action ?? "", [
      "reject",
      "least_bad",
      "wait",
    ]);
    return;
  }
  if (pool.on_exhausted?.max_ms !== undefined && read.policy.action !== "wait") {
    findings.warn([...path, "max_ms"], "only means something with action: wait; remove it");
  }
  if (read.policy.action !== "fallback-pool") return;
  const { pools } = names;
  if (!pools.has(read.policy.pool)) {
    findings.unknown([...path, "action"], "names a fallback pool that is not under pools", read.policy.pool, pools);
  } else if (leadsBackTo(name, config.pools ?? {})) {
    findings.warn(
      [...path, "action"],
      "leads back to this pool; each pool is tried once, end the chain with reject or least_bad",
    );
  }
}

/** Follows the fallbacks from a pool; a chain has at most as many steps as there are pools. */
function leadsBackTo(start: string, pools: Readonly<Record<string, ConfigPool>>): boolean {
  let current = start;
  for (let step = 0; step < Object.keys(pools).length; step += 1) {
    const pool = Object.hasOwn(pools, current) ? pools[current] : undefined;
    const read = readExhaustion(pool?.on_exhausted);
    if (read.kind === "bad" || read.policy.action !== "fallback-pool") return false;
    current = read.policy.pool;
    if (current === start) return true;
  }
  return false;
}

/** As in rc.3 a window stated for a model in one pool holds for it everywhere, so two that differ cannot both be meant. */
function checkWindows({ config }: CheckInput, findings: Findings): void {
  const stated = new Map<string, number>();
  for (const [name, pool] of Object.entries(config.pools ?? {})) {
    (pool.members ?? []).forEach(({ target, context_max }, at) => {
      if (context_max === undefined) return;
      const before = stated.get(target);
      if (before === undefined) stated.set(target, context_max);
      else if (before !== context_max) {
        findings.error(
          ["pools", name, "members", at, "context_max"],
          `is ${context_max} here and ${before} in another place for the same model; use one value`,
        );
      }
    });
  }
}
