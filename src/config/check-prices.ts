/** Models that their vendor sells, at an address of the operator's own under a name that no catalog has: their prices are lost. */
import type { CheckInput, Findings } from "./findings.ts";
import { isListed } from "./list-prices.ts";
import { providerOf } from "./merge.ts";

export function checkKnownPrices({ config, catalog }: CheckInput, findings: Findings): void {
  const { enabled, price_per_request_cents: request, price_per_1k_tokens_cents: tokens } = config.governance ?? {};
  if (enabled === true && (request !== undefined || tokens !== undefined)) return;
  for (const name of Object.keys(config.providers)) {
    const provider = providerOf(name, config, catalog);
    if (provider?.base_url === undefined || catalog.providers.has(name)) continue;
    // A server of one's own sells nothing.
    if (provider.allow_private === true || provider.proves_models === false || isListed(provider.base_url)) continue;
    const unpriced = Object.entries(config.models).filter(
      ([model, { provider: at, prices, upstream_model }]) =>
        at === name && prices === undefined && catalog.findModel(upstream_model ?? model) !== null,
    );
    const [first] = unpriced;
    if (first === undefined) continue;
    const [model] = first;
    const shown = unpriced.slice(0, NAMED_MAX).map(([each]) => each);
    const more = unpriced.length > NAMED_MAX ? ` and ${unpriced.length - NAMED_MAX} more` : "";
    findings.warn(
      ["providers", name, "base_url"],
      `is no address of the price list, and no catalog has a provider of this name, so no price is known of ${shown.join(", ")}${more}; give the provider its vendor's name, or write models: { ${model}: { prices: { input_per_million_usd: …, output_per_million_usd: … } } }`,
    );
  }
}

const NAMED_MAX = 5;
