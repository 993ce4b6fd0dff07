/** Paths below a provider's base URL: the protocol's own, or the catalog's with its places filled in. */

interface PathWords {
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

/**
 * Path of an operation beside chat. A template replaces chat's own path, so the other one is found where it ends as
 * chat's does (`/openai/deployments/{model}/chat/completions` leads to `.../embeddings`); null: it ends otherwise.
 */
export function siblingPath(
  own: { readonly path: string; readonly chatEnd: string; readonly end: string },
  input: { readonly template: string | null; readonly upstreamModel: string },
): string | null {
  const { template } = input;
  if (template === null) return own.path;
  const query = template.indexOf("?");
  const path = query === -1 ? template : template.slice(0, query);
  if (!path.endsWith(own.chatEnd)) return null;
  const sibling = path.slice(0, path.length - own.chatEnd.length) + own.end + template.slice(path.length);
  return fillPath(sibling, { model: input.upstreamModel, action: "" });
}
