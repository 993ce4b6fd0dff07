/** Groups that exist and have an end, amounts that can be held exactly, and settings that would leave a limit without effect. */
import { readUsd } from "../std/money.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { adminTokenForms, clientTokenForms } from "./merge.ts";
import type { Path } from "./problem.ts";
import { countForms, readAuthMode } from "./values.ts";

export function checkGovernance({ config, names }: CheckInput, findings: Findings): void {
  const { governance } = config;
  checkCaps(config, findings);
  if (governance?.enabled !== true) return;
  if (countForms(adminTokenForms(config)) === 0) {
    findings.error(
      ["governance"],
      "needs admin_token when it is enabled, for its keys are made through the admin pages",
    );
  }
  if (readAuthMode(config.auth?.mode) === "passthrough") {
    findings.error(
      ["governance", "enabled"],
      "cannot be combined with auth.mode: passthrough, where callers bring their own keys",
    );
  }
  if (clientTokenForms(config).length > 0) {
    findings.warn(
      ["auth"],
      "has client tokens, which are not accepted while governance is enabled; make virtual keys instead",
    );
  }
  if (governance.budget === "strict" && (governance.unpriced ?? "allow") === "allow") {
    findings.error(["governance", "budget"], "strict cannot hold for models without a price; set unpriced: reject");
  }
  checkGroups(governance.groups ?? {}, new Set([...names.models, ...names.pools]), findings);
  for (const [at, gate] of (governance.gates ?? []).entries()) {
    const path = ["governance", "gates", at];
    checkUsd(gate.limit_usd, [...path, "limit_usd"], findings);
    if (gate.scope === "request" && gate.window !== undefined) {
      findings.error([...path, "window"], "means nothing for a single request; remove it");
    }
  }
}

/** What an account was used for is known from the ledger alone. */
function checkCaps({ providers, governance }: CheckInput["config"], findings: Findings): void {
  for (const [name, provider] of Object.entries(providers)) {
    for (const [at, { caps }] of (provider.accounts ?? []).entries()) {
      const path = ["providers", name, "accounts", at, "caps"];
      if (caps?.length && governance?.enabled !== true) {
        findings.error(path, "need the ledger; set governance: { enabled: true }, or remove them");
      }
      for (const [which, cap] of (caps ?? []).entries()) {
        if (cap.unit === "usd") checkUsd(cap.limit, [...path, which, "limit"], findings);
      }
    }
  }
}

type Groups = NonNullable<NonNullable<CheckInput["config"]["governance"]>["groups"]>;

function checkGroups(groups: Groups, targets: ReadonlySet<string>, findings: Findings): void {
  for (const [name, group] of Object.entries(groups)) {
    const path = ["governance", "groups", name];
    if (group.parent !== undefined && group.parent !== null && !Object.hasOwn(groups, group.parent)) {
      findings.unknown([...path, "parent"], "names no group", group.parent, Object.keys(groups));
    } else if (isEndless(name, groups)) {
      findings.error([...path, "parent"], "leads back to the group itself, or more than 16 groups up; break the chain");
    }
    for (const [at, target] of (group.allowed_pools ?? []).entries()) {
      if (!targets.has(target) && !target.includes("/")) {
        findings.warn([...path, "allowed_pools", at], "names no pool and no model");
      }
    }
    for (const [at, budget] of (group.budgets ?? []).entries()) {
      checkUsd(budget.limit_usd, [...path, "budgets", at, "limit_usd"], findings);
    }
  }
}

/** Groups above each other, at most. */
const DEPTH_MAX = 16;

function isEndless(name: string, groups: Groups): boolean {
  let depth = 0;
  for (let at: string | null = name; at !== null; depth++) {
    if (depth >= DEPTH_MAX) return true;
    at = (Object.hasOwn(groups, at) ? groups[at]?.parent : null) ?? null;
  }
  return false;
}

function checkUsd(usd: number, path: Path, findings: Findings): void {
  if (readUsd(usd) === null) findings.error(path, "must have at most nine decimals");
}
