/** Wishes for a router's hosts at vendors that are none: they would be sent nowhere. */
import { dialectOf } from "./dialect.ts";
import type { CheckInput, Findings } from "./findings.ts";
import { providerOf } from "./merge.ts";
import { upstreamModelOf } from "./model-suffixes.ts";

export function checkHosts({ config, catalog }: CheckInput, findings: Findings): void {
  for (const [name, own] of Object.entries(config.providers)) {
    const routes = providerOf(name, config, catalog)?.dialect?.host_routing;
    if (own.openrouter !== undefined && routes !== "members")
      findings.error(["providers", name, "openrouter"], NO_ROUTER);
  }
  for (const [name, model] of Object.entries(config.models)) {
    const provider = providerOf(model.provider, config, catalog);
    const { models = [] } = { ...provider?.openrouter, ...model.openrouter };
    if (provider === undefined) continue;
    const upstreamModel = upstreamModelOf(name, model, provider);
    const { hostRouting } = dialectOf({ provider, model, upstreamModel, catalog });
    const path = ["models", name];
    if (model.openrouter !== undefined && hostRouting !== "members") findings.error([...path, "openrouter"], NO_ROUTER);
    else if (models.length > 0 && (model.identity ?? config.identity) === "strict")
      findings.warn(
        path,
        "promises the model by identity: strict, and its vendor may fall back to openrouter.models: such answers are refused",
      );
  }
}

const NO_ROUTER =
  "is for a vendor that chooses among hosts by such members, which this one is not known to be; remove it, or set dialect: { host_routing: members }";
