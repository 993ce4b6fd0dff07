/** Promises of a pool that its other settings go back on: what it keeps against where it falls back to, deadlines against patience. */
import { DEFAULTS } from "./defaults.ts";
import type { CheckInput, Findings } from "./findings.ts";
import type { ConfigPool, ConfigTimeouts } from "./schema.ts";
import { readExhaustion } from "./values.ts";

export function checkPromises(input: CheckInput, findings: Findings): void {
  for (const [name, pool] of Object.entries(input.config.pools ?? {})) {
    checkKept(name, pool, input, findings);
    checkFirstByteCap(name, pool, input, findings);
  }
}

/** A fallback pool has promises of its own, so what this one keeps ends where its lanes do. */
function checkKept(name: string, pool: ConfigPool, input: CheckInput, findings: Findings): void {
  const read = readExhaustion(pool.on_exhausted);
  if (read.kind === "bad" || read.policy.action !== "fallback-pool") return;
  const { pools = {} } = input.config;
  const fallback = Object.hasOwn(pools, read.policy.pool) ? pools[read.policy.pool] : undefined;
  if (fallback === undefined) return;
  for (const what of ["model", "provider"] as const) {
    if (pool.failover?.keep?.includes(what) !== true) continue;
    const identity = what === "model" ? identityOf : providerOfModel;
    const kept = new Set(membersOf(pool).map((model) => identity(model, input)));
    const others = membersOf(fallback).filter((model) => !kept.has(identity(model, input)));
    if (others.length === 0) continue;
    findings.warn(
      ["pools", name, "on_exhausted", "action"],
      `leads to ${others.slice(0, NAMED_MAX).join(", ")}, which failover.keep: [${what}] promises never to use; take ${what} out of keep, or fall back to a pool that keeps it`,
    );
  }
}

const NAMED_MAX = 5;

function membersOf(pool: ConfigPool): string[] {
  return (pool.members ?? []).map(({ target }) => target);
}

/** As lanes are compared when they are resolved: the operator's word, the catalog's, or the name alone. */
function identityOf(name: string, { config, catalog }: CheckInput): string {
  const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
  if (model?.canonical !== undefined) return catalog.findModel(model.canonical)?.id ?? `stated ${model.canonical}`;
  return catalog.findModel(model?.upstream_model ?? name)?.id ?? `named ${name}`;
}

function providerOfModel(name: string, { config }: CheckInput): string {
  return (Object.hasOwn(config.models, name) ? config.models[name]?.provider : undefined) ?? "";
}

/** Only where the file asks for more than the default, which itself is as long as the default deadline. */
function checkFirstByteCap(name: string, pool: ConfigPool, input: CheckInput, findings: Findings): void {
  const asked =
    pool.timeouts === undefined ? membersOf(pool).flatMap((model) => timeoutsOf(model, input)) : [pool.timeouts];
  const firstByteCapMs = Math.max(0, ...asked.map(firstByteMs));
  const stated = pool.failover?.deadline_secs;
  const deadlineSecs = stated ?? DEFAULTS.failoverDeadlineSecs;
  if (firstByteCapMs <= deadlineSecs * 1_000) return;
  findings.warn(
    stated === undefined ? ["pools", name] : ["pools", name, "failover", "deadline_secs"],
    `${stated === undefined ? "has a failover.deadline_secs of" : "is"} ${deadlineSecs}, and first_byte_ms lets a lane be silent for ${firstByteCapMs} ms: while another lane could serve, it is given up after two thirds of the deadline; raise deadline_secs or lower first_byte_ms`,
  );
}

/** The nearest place that says how long a first byte may take. */
function timeoutsOf(name: string, { config, catalog }: CheckInput): ConfigTimeouts[] {
  const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
  const provider = model?.provider ?? "";
  const levels = [
    model?.timeouts,
    Object.hasOwn(config.providers, provider) ? config.providers[provider]?.timeouts : undefined,
    catalog.providers.get(provider)?.timeouts,
    config.timeouts,
  ];
  const nearest = levels.find((each) => each !== undefined && firstByteMs(each) > 0);
  return nearest === undefined ? [] : [nearest];
}

function firstByteMs({ first_byte_ms, stream }: ConfigTimeouts): number {
  return Math.max(first_byte_ms ?? 0, stream?.first_byte_ms ?? 0);
}
