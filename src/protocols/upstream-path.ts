/** Paths below a provider's base URL: the protocol's own, or the catalog's with its places filled in. */

export interface PathWords {
  readonly model: string;
  /** The protocol's own word for what is asked; "" where it has none. */
  readonly action: string;
}

/** Fills `{model}` (percent-encoded, slashes too) and `{action}`; a template without places is taken as it stands. */
export function fillPath(template: string, words: PathWords): string {
  if (!template.includes("{")) return template;
  return template.replaceAll("{model}", encodeURIComponent(words.model)).replaceAll("{action}", words.action);
}

/** The template filled in, or the protocol's own path where there is none. */
export function pathOr(
  own: string,
  input: { readonly template: string | null; readonly upstreamModel: string },
): string {
  return input.template === null ? own : fillPath(input.template, { model: input.upstreamModel, action: "" });
}
