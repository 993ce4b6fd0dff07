/** Promises that rest on facts that are missing: whether two models are the same, of which class one is, what it can take. */
import { TIERS } from "../ir/capability.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { accountsOf, providerOf } from "./merge.ts";
import type { Path } from "./problem.ts";
import { dataPolicyOf } from "./resolve-lanes.ts";
import type { CatalogModel, ConfigModel } from "./schema.ts";

export function checkFacts(input: CheckInput, findings: Findings): void {
  const known = knownModels(input);
  checkExactFailover(known, input, findings);
  for (const [name, pool] of Object.entries(input.config.pools ?? {})) {
    const { keep = [] } = pool.failover ?? {};
    const members = known.filter((each) => pool.members?.some(({ target }) => target === each.name));
    if (keep.length === 0 || members.length < 2) continue;
    const path = ["pools", name, "failover", "keep"];
    if (keep.includes("model")) checkIdentities(members, path, findings);
    else checkAbilities(members, path, findings);
    if (keep.includes("tier")) checkTiers(members, path, findings);
    if (keep.includes("region")) checkRegions(members, path, findings);
    if (keep.includes("zdr")) checkRetention(members, path, findings);
  }
}

interface KnownModel {
  readonly name: string;
  readonly model: ConfigModel;
  /** Equal where a failover takes one for the other. */
  readonly identity: string;
  /** False: a mere label, which holds at its own provider alone. */
  readonly isProven: boolean;
  readonly facts: Partial<NonNullable<CatalogModel["capabilities"]>>;
  readonly policy: ReturnType<typeof dataPolicyOf>;
}

function knownModels({ config, catalog }: CheckInput): readonly KnownModel[] {
  return Object.entries(config.models).map(([name, model]) => {
    const { canonical } = model;
    const provider = providerOf(model.provider, config, catalog);
    const named = provider?.proves_models === false ? null : (model.upstream_model ?? name);
    const meant = canonical ?? named;
    const found = meant === null ? null : catalog.findModel(meant);
    const upstream = (model.upstream_model ?? name).trim().toLowerCase();
    const facts = catalog.findModel(model.upstream_model ?? name) ?? found;
    return {
      name,
      model,
      identity: found?.id ?? canonical?.trim().toLowerCase() ?? `${model.provider}/${upstream}`,
      isProven: found !== null || canonical !== undefined,
      facts: { ...facts?.model.capabilities, ...model.capabilities },
      policy: provider === undefined ? {} : dataPolicyOf(model, provider),
    };
  });
}

/** Models that nothing else is known to be, at one account: the promise adds no lane to theirs. */
function checkExactFailover(known: readonly KnownModel[], input: CheckInput, findings: Findings): void {
  const { config, catalog } = input;
  const counts = Map.groupBy(known, ({ identity }) => identity);
  const alone = known.filter(({ model, identity, isProven }) => {
    if (isProven || (counts.get(identity)?.length ?? 0) > 1) return false;
    const provider = providerOf(model.provider, config, catalog);
    return provider !== undefined && accountsOf(model.provider, provider).length < 2;
  });
  const said = (names: readonly string[]): string =>
    `finds no other lane for ${listed(names)}: the catalog does not know which model that is; write canonical, on every model that is the same: ${canonicalLine(names)}`;
  const own = alone.filter(({ model }) => model.exact_model_failover === true);
  for (const { name } of own) findings.warn(["models", name, "exact_model_failover"], said([name]));
  const others = alone.filter(({ model }) => model.exact_model_failover === undefined);
  if (config.exact_model_failover === true && others.length > 0 && known.length > 1)
    findings.warn(["exact_model_failover"], said(others.map(({ name }) => name)));
}

function checkIdentities(members: readonly KnownModel[], path: Path, findings: Findings): void {
  const unknown = members.filter(
    ({ identity, isProven }) => !isProven && members.filter((each) => each.identity === identity).length === 1,
  );
  if (unknown.length === 0) return;
  findings.warn(
    path,
    `promises the same model, and the catalog does not know which one ${listed(unknown.map(({ name }) => name))} is: no other member may stand in there; write canonical: ${canonicalLine(
      unknown.map(({ name }) => name),
      members,
    )}`,
  );
}

function checkTiers(members: readonly KnownModel[], path: Path, findings: Findings): void {
  const unknown = members.filter(({ facts }) => facts.tier === undefined);
  if (unknown.length === 0) return;
  findings.warn(
    path,
    `promises the class of a model, and that of ${listed(unknown.map(({ name }) => name))} is not known: it stands in for no other model; write capabilities.tier: ${tierLine(unknown, members)}`,
  );
}

function checkRegions(members: readonly KnownModel[], path: Path, findings: Findings): void {
  const unknown = members.filter(({ policy }) => policy.region === undefined);
  if (unknown.length === 0) return;
  const [first] = unknown;
  findings.warn(
    path,
    `promises the region, and that of ${listed(unknown.map(({ name }) => name))} is not known: it stands in for no other model, and none for it; write models: { ${first?.name ?? ""}: { region: <its region> } }`,
  );
}

function checkRetention(members: readonly KnownModel[], path: Path, findings: Findings): void {
  const others = members.filter(({ policy }) => policy.retention !== "none");
  if (others.length === 0) return;
  const [first] = others;
  findings.warn(
    path,
    `promises that nothing is kept, which is not known of ${listed(others.map(({ name, policy }) => `${name} (${policy.retention ?? "not known"})`))}: it stands in for no other; where your contract says so, write models: { ${first?.name ?? ""}: { retention: none } }`,
  );
}

/** As it stands in the file; the other members say what was probably meant. */
function canonicalLine([name = ""]: readonly string[], members: readonly KnownModel[] = []): string {
  const proven = new Set(members.filter(({ isProven }) => isProven).map(({ identity }) => identity));
  const [only] = proven;
  return `models: { ${name}: { canonical: ${proven.size === 1 && only !== undefined ? only : "<id of the model>"} } }`;
}

function tierLine([first]: readonly KnownModel[], members: readonly KnownModel[]): string {
  const tiers = new Set(members.flatMap(({ facts }) => facts.tier ?? []));
  const [only] = tiers;
  return `models: { ${first?.name ?? ""}: { capabilities: { tier: ${tiers.size === 1 && only !== undefined ? only : TIERS.join(" | ")} } } }`;
}

const ABILITIES = ["input", "tools", "structured_output"] as const;

/** A stand-in that is another model must be known to have what a request needs. */
function checkAbilities(members: readonly KnownModel[], path: Path, findings: Findings): void {
  const unsure = members.flatMap(({ name, identity, facts }) => {
    if (members.every((each) => each.identity === identity)) return [];
    const missing = ABILITIES.filter((ability) => facts[ability] === undefined);
    return missing.length === 0 ? [] : [`${name} (${missing.join(", ")})`];
  });
  if (unsure.length === 0) return;
  findings.warn(
    path,
    `lets a member stand in only where it is known to have what a request needs, which is not known of ${listed(unsure)}; write capabilities`,
  );
}

const NAMED_MAX = 5;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
