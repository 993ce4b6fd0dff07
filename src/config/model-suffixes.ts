/** Endings that a provider's clients put behind a model's name and that its server does not have, such as `:cloud` at Ollama. */
import { normal } from "../ir/canonical.ts";
import type { ConfigModel, ConfigProvider } from "./schema.ts";

/** What the vendor calls the model: one ending at most is left away. Empty: nothing else is left. */
export function upstreamModelOf(
  name: string,
  model: Pick<ConfigModel, "upstream_model">,
  { model_suffixes: suffixes = [] }: Pick<ConfigProvider, "model_suffixes">,
): string {
  const written = (model.upstream_model ?? name).trim();
  const found = suffixes.find((suffix) => normal(written).endsWith(normal(suffix)));
  return found === undefined ? written : written.slice(0, written.length - found.length);
}
