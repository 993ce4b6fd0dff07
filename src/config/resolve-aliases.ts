/**
 * Names that stand for targets beside their own: those the configuration writes, and those that need no writing because they
 * are other spellings of a configured model. The first way to a name wins; a name with two targets by one way has none.
 */
import { normal } from "../ir/canonical.ts";
import type { Aliases, AliasWay, Lane, OtherName } from "../ir/deployment.ts";
import { providerOf } from "./merge.ts";
import type { ResolveInput } from "./resolve-lanes.ts";

interface Claim extends OtherName {
  /** In lower case. */
  readonly word: string;
}

/** Undefined: there are none. */
export function resolveAliases(input: ResolveInput, lanes: Readonly<Record<string, Lane>>): Aliases | undefined {
  const { config } = input;
  const written = Object.entries(config.aliases ?? {}).map(([name, target]) => ({ name: name.trim(), target }));
  const configured = [...Object.keys(config.models), ...Object.keys(config.pools ?? {})];
  const claims = [
    ...soleClaims(
      "written",
      written.filter(({ name }) => !isPattern(name)),
    ),
    ...soleClaims(
      "spelling",
      configured.map((name) => ({ name, target: name })),
    ),
    ...catalogClaims(input, Object.values(lanes)),
    ...soleClaims("suffix", suffixedNames(input, Object.values(lanes))),
  ];
  const exact = new Map<string, OtherName>();
  for (const { word, ...claim } of claims) if (!exact.has(word)) exact.set(word, claim);
  const patterns = written
    .filter(({ name }) => isPattern(name))
    .map(({ name, target }) => ({ pattern: normal(name), target }))
    .toSorted((left, right) => right.pattern.length - left.pattern.length);
  return exact.size + patterns.length === 0 ? undefined : { exact: Object.fromEntries(exact), patterns };
}

export function isPattern(name: string): boolean {
  return name.includes("*");
}

function soleClaims(by: AliasWay, names: readonly { readonly name: string; readonly target: string }[]): Claim[] {
  const byWord = Map.groupBy(names, ({ name }) => normal(name));
  return [...byWord].flatMap(([word, found]) => {
    const [first] = found;
    if (first === undefined || found.some(({ target }) => target !== first.target)) return [];
    return [{ word, name: first.name, target: first.target, by }];
  });
}

/**
 * Every word the catalog has for a model that is configured. Of several that are proven to be the same model, the one that
 * carries its name stands for it, else the one written first.
 */
function catalogClaims({ catalog }: ResolveInput, lanes: readonly Lane[]): Claim[] {
  const proven = lanes.filter(({ canonical }) => canonical.proven);
  return [...Map.groupBy(proven, ({ canonical }) => canonical.id)].flatMap(([id, same]) => {
    const target = same.find(({ model }) => normal(model) === id) ?? same[0];
    if (target === undefined) return [];
    return catalog.wordsFor(id).map((word) => ({ word, name: word, target: target.model, by: "catalog" as const }));
  });
}

/** A vendor's own name of a model with each of its endings, and without one. */
function suffixedNames({ config, catalog }: ResolveInput, lanes: readonly Lane[]) {
  return lanes.flatMap(({ provider, model, upstreamModel }) => {
    const suffixes = providerOf(provider, config, catalog)?.model_suffixes ?? [];
    const endings = suffixes.length === 0 ? [] : ["", ...suffixes];
    return endings.map((ending) => ({ name: `${upstreamModel}${ending}`, target: model }));
  });
}
