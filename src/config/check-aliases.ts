/** Aliases: names of nothing that is configured, which lead to something that is. */
import { normal } from "../ir/canonical.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { hasControl } from "./interpolate.ts";
import { isPattern } from "./resolve-aliases.ts";
import type { ConfigFile } from "./schema.ts";

export function checkAliases(input: CheckInput, findings: Findings): void {
  const { aliases = {} } = input.config;
  const words = Object.keys(aliases).map(normal);
  for (const [at, [name, target]] of Object.entries(aliases).entries()) {
    const reason = badAlias(name, words.indexOf(normal(name)) < at, input);
    if (reason !== null) findings.badName(["aliases", name], reason);
    checkTarget(name, target, input, findings);
  }
}

function badAlias(name: string, isSecond: boolean, { names }: CheckInput): string | null {
  if (name.trim() === "") return "has an empty name; give it one";
  if (hasControl(name) || name.trim() !== name)
    return "has a name with white space around it or control characters in it";
  if (isSecond) return "stands here twice, for capitals do not count; remove one of them";
  if (isPattern(name)) return null;
  for (const [kind, known] of [
    ["model", names.models],
    ["pool", names.pools],
  ] as const) {
    if ([...known].some((each) => normal(each) === normal(name)))
      return `is the name of a ${kind}, which is always meant by it; remove the alias or rename the ${kind}`;
  }
  const [head = ""] = name.split("/", 1);
  return head !== name && [...names.providers].some((each) => normal(each) === normal(head))
    ? `begins with the name of a provider, and ${head}/… is always a place there; choose another name`
    : null;
}

function checkTarget(name: string, target: string, { config, names }: CheckInput, findings: Findings): void {
  const path = ["aliases", name];
  if (names.models.has(target) || names.pools.has(target)) {
    if (isPattern(name) && promisesExact(target, config))
      findings.warn(path, "leads to what promises the exact model, which a pattern cannot ask for; write whole names");
    return;
  }
  const other = Object.keys(config.aliases ?? {}).find((each) => normal(each) === normal(target));
  if (other === undefined) {
    const known = [...names.models, ...names.pools];
    findings.unknown(path, "must lead to a model or a pool, and there is none of that name", target, known);
  } else {
    const where = leadsBack(name, config.aliases ?? {}) ? "leads back to itself" : "leads to another alias";
    findings.error(path, `${where}, and aliases are resolved once; write the name of a model or a pool`);
  }
}

function leadsBack(name: string, aliases: Readonly<Record<string, string>>): boolean {
  const byWord = new Map(Object.entries(aliases).map(([alias, target]) => [normal(alias), normal(target)]));
  const seen = new Set<string>();
  for (let word = byWord.get(normal(name)); word !== undefined && !seen.has(word); word = byWord.get(word)) {
    if (word === normal(name)) return true;
    seen.add(word);
  }
  return false;
}

/** As a request by a pattern is refused for it. */
function promisesExact(target: string, config: ConfigFile): boolean {
  const model = Object.hasOwn(config.models, target) ? config.models[target] : undefined;
  const pool = Object.hasOwn(config.pools ?? {}, target) ? config.pools?.[target] : undefined;
  const identity = (model ?? pool)?.identity ?? config.identity;
  const isExact = model !== undefined && (model.exact_model_failover ?? config.exact_model_failover) === true;
  return identity === "strict" || isExact;
}
