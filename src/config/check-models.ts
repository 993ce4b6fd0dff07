/** Models: of a provider that is configured with limits and prices that mean something. */

import { readUsd } from "../std/money.ts";
import { dialectOf } from "./dialect.ts";
import { listedDoors } from "./doors.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { providerOf } from "./merge.ts";
import { upstreamModelOf } from "./model-suffixes.ts";
import type { Path } from "./problem.ts";
import type { ConfigModel } from "./schema.ts";

export function checkModels(input: CheckInput, findings: Findings): void {
  const { names } = input;
  if (names.models.size === 0) findings.warn(["models"], "is empty, so there is nothing to ask for; add a model");
  for (const [name, model] of Object.entries(input.config.models)) {
    const path = ["models", name];
    checkProvider(model, path, input, findings);
    if (model.max_requests === 0) {
      findings.error(
        [...path, "max_requests"],
        "must not be 0; remove the model to switch it off, or leave it out for no limit",
      );
    }
    for (const [key, value] of [
      ["upstream_model", model.upstream_model],
      ["canonical", model.canonical],
    ] as const) {
      if (value !== undefined && value.trim() === "")
        findings.error([...path, key], "must not be blank; leave it out for the default");
    }
    checkSuffix(name, model, path, input, findings);
    checkTools(model, [...path, "provider"], { ...input, upstreamModel: model.upstream_model ?? name }, findings);
    checkPrices(model.prices, [...path, "prices"], findings);
    checkExclusions(model.failover?.exclusions, [...path, "failover", "exclusions"], names.models, findings);
  }
}

function checkSuffix(
  name: string,
  model: ConfigModel,
  path: Path,
  { config, catalog }: CheckInput,
  findings: Findings,
): void {
  const provider = providerOf(model.provider, config, catalog);
  if (provider === undefined || (model.upstream_model ?? name).trim() === "") return;
  if (upstreamModelOf(name, model, provider) === "")
    findings.error(path, "is nothing but an ending that its provider leaves away; write upstream_model");
}

/** A model that its vendor gives tools at another door than the provider's only one. */
function checkTools(
  model: ConfigModel,
  path: Path,
  { config, catalog, upstreamModel }: CheckInput & { readonly upstreamModel: string },
  findings: Findings,
): void {
  const provider = providerOf(model.provider, config, catalog);
  if (provider === undefined || listedDoors(provider).some(({ protocol }) => protocol !== CHAT)) return;
  // What the catalog knows of with this door alone is no host of the vendor's: it has rules of its own.
  const listed = catalog.providers.get(model.provider);
  if (listed !== undefined && listed.protocols === undefined) return;
  const { chatTools } = dialectOf({ provider, model, upstreamModel, catalog });
  if (chatTools === "free") return;
  const when = chatTools === "without_effort" ? "beside an effort to reason" : "unless the effort to reason is none";
  const message = `is asked in Chat Completions alone, where its vendor refuses tools for this model ${when}; give the provider protocols: [responses, openai]`;
  findings.warn(path, message);
}

const CHAT = "openai";

/** Excluding what is not there does nothing, and is most likely a typing error. */
export function checkExclusions(
  exclusions: readonly string[] | undefined,
  path: Path,
  known: ReadonlySet<string>,
  findings: Findings,
): void {
  (exclusions ?? []).forEach((excluded, at) => {
    if (!known.has(excluded))
      findings.warn([...path, at], "excludes a model that is not there; correct the name or remove it");
  });
}

function checkProvider(model: ConfigModel, path: Path, { catalog, names }: CheckInput, findings: Findings): void {
  const here = [...path, "provider"];
  if (!names.providers.has(model.provider)) {
    const listed = catalog.providers.has(model.provider);
    const message = listed
      ? "is in the catalog but not under providers; add it there with its key"
      : "is not under providers";
    findings.unknown(here, message, model.provider, names.providers);
  }
}

/** Money is held in whole nano-dollars; a finer price would be rounded, and rounding changes a bill. */
function checkPrices(prices: ConfigModel["prices"], path: Path, findings: Findings): void {
  const { tiers = [], ...flat } = prices ?? {};
  checkAmounts(flat, path, findings);
  const seen = new Set<number>();
  tiers.forEach(({ above_tokens, ...amounts }, at) => {
    checkAmounts(amounts, [...path, "tiers", at], findings);
    if (seen.has(above_tokens))
      findings.error([...path, "tiers", at, "above_tokens"], "stands in two tiers; keep one of them");
    seen.add(above_tokens);
  });
}

function checkAmounts(amounts: Readonly<Record<string, number | undefined>>, path: Path, findings: Findings): void {
  for (const [key, usd] of Object.entries(amounts)) {
    if (usd !== undefined && readUsd(usd) === null) findings.error([...path, key], "must have at most nine decimals");
  }
}
