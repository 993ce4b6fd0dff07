/**
 * What the vendor's models take, where they differ (docs.cohere.com, chat reference and reasoning page, read 2026-11-27).
 * A name that is not listed is taken for a newer model: it takes everything.
 */

export interface ModelRules {
  /** Takes `thinking`, and thinking in the history. */
  readonly thinks: boolean;
  /** Takes `tool_choice`: only models from command-r7b on do. */
  readonly toolChoice: boolean;
}

export function rulesOf(upstreamModel: string): ModelRules {
  const name = bareName(upstreamModel);
  return RULES.find(({ models }) => models.test(name))?.rules ?? { thinks: true, toolChoice: true };
}

/** Aggregators and clouds put the vendor in front: `cohere/command-a`, `cohere.command-r-v1:0`. */
function bareName(upstreamModel: string): string {
  const name = upstreamModel.slice(upstreamModel.lastIndexOf("/") + 1).toLowerCase();
  return name.replace(/^(cohere[.-]|c4ai-)/, "");
}

/** First match wins. */
const RULES: readonly { readonly models: RegExp; readonly rules: ModelRules }[] = [
  {
    models: /^command(-light|-nightly|-r(-plus)?(-\d{2}-\d{4}|-v1:0)?)?$/,
    rules: { thinks: false, toolChoice: false },
  },
  { models: /^aya/, rules: { thinks: false, toolChoice: false } },
  { models: /^command-(a$|a-03-|a-vision|a-translate|r7b)/, rules: { thinks: false, toolChoice: true } },
];
