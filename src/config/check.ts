/** Every rule about what the values mean together. All of them run, so that one look at the list is enough. */
import { EMBEDDED_FILE } from "./catalog.ts";
import { checkAccess } from "./check-access.ts";
import { checkAliases } from "./check-aliases.ts";
import { checkFacts } from "./check-facts.ts";
import { checkGovernance } from "./check-governance.ts";
import { checkHosts } from "./check-hosts.ts";
import { checkModels } from "./check-models.ts";
import { checkNames } from "./check-names.ts";
import { checkPools } from "./check-pools.ts";
import { checkKnownPrices } from "./check-prices.ts";
import { checkPromises } from "./check-promises.ts";
import { checkProviders } from "./check-providers.ts";
import { checkReach } from "./check-reach.ts";
import { checkDisplays } from "./displays.ts";
import { type CheckInput, createFindings, type Findings } from "./findings.ts";
import { NOT_YET } from "./not-yet.ts";
import type { Problem } from "./problem.ts";

/** `refused`: what the reader and the schema had to say of the same file. */
export function check(input: CheckInput, refused: readonly Problem[]): readonly Problem[] {
  const findings = createFindings(input.source);
  for (const rules of RULES) rules(input, findings);
  return findings.list(refused);
}

const RULES: readonly ((input: CheckInput, findings: Findings) => void)[] = [
  checkNames,
  checkAccess,
  checkGovernance,
  checkProviders,
  checkModels,
  checkPools,
  checkAliases,
  checkKnownPrices,
  checkPromises,
  checkReach,
  checkFacts,
  checkHosts,
  checkDisplays,
  checkCatalog,
  checkNotYet,
];

function checkCatalog({ config, catalog }: CheckInput, findings: Findings): void {
  if (config.catalog !== "replace" || catalog.source.file !== EMBEDDED_FILE) return;
  findings.warn(
    ["catalog"],
    "has no providers.yaml to put in the built-in one's place; remove it, or name one with --providers",
  );
}

function checkNotYet({ config }: CheckInput, findings: Findings): void {
  for (const row of NOT_YET) {
    for (const path of row.find(config)) {
      if (row.severity === "error") findings.error(path, row.message);
      else findings.warn(path, row.message);
    }
  }
}
