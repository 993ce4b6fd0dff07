/** Configuration files for the compiled gateway in front of the scripted vendors. */
import type { Vendor } from "./vendors.ts";

/** Recognisable wherever it leaks. All vendors' keys and the client's token hold it. */
export const CANARY = "canary4f9a";
export const ENV = {
  OPENAI_TEST_KEY: `test-key-openai-${CANARY}`,
  ANTHROPIC_TEST_KEY: `test-key-anthropic-${CANARY}`,
  RESPONSES_TEST_KEY: `test-key-responses-${CANARY}`,
  COHERE_TEST_KEY: `test-key-cohere-${CANARY}`,
} as const;

export interface ConfigInput {
  readonly openai: Vendor;
  readonly anthropic: Vendor;
  readonly responses?: Vendor;
  readonly cohere?: Vendor;
  /** Upstream models, each under every vendor: `text` becomes `openai-text` and `anthropic-text`. */
  readonly models: readonly string[];
  /** Pool name -> models, in the order of their weight. */
  readonly pools?: Readonly<Record<string, readonly string[]>>;
  /** Further top-level lines. */
  readonly more?: string;
}

/** Scripts that put a whole account out: each under a provider of its own, or nothing else would be served after them. */
const PUTS_OUT = ["bad-key", "no-money"];

export function configText({ openai, anthropic, responses, cohere, models, pools, more }: ConfigInput): string {
  const vendors = new Map(
    [openai, anthropic, responses, cohere].flatMap((each) => (each === undefined ? [] : [[each.words.protocol, each]])),
  );
  const pairs = models.flatMap((name) => [...vendors.keys()].map((vendor) => ({ name, vendor })));
  const providerOf = ({ name, vendor }: (typeof pairs)[number]): string =>
    PUTS_OUT.includes(name) ? `${vendor}-${name}` : vendor;
  const providers = new Map(pairs.map((pair) => [providerOf(pair), pair.vendor]));
  const poolLines = Object.entries(pools ?? {}).map(([name, members]) => {
    const listed = members.map(
      (member, index) => `{ target: ${member}, weight: ${10 ** (members.length - 1 - index)} }`,
    );
    return `  ${name}: { members: [ ${listed.join(", ")} ] }`;
  });
  return [
    'listen: "127.0.0.1:0"',
    more ?? "",
    "providers:",
    ...[...providers].map(
      ([name, vendor]) =>
        `  ${name}: { protocol: ${vendor}, base_url: "${vendors.get(vendor)?.url ?? ""}", api_key_env: ${vendor.toUpperCase()}_TEST_KEY, allow_private: true }`,
    ),
    "models:",
    ...pairs.map(
      (pair) => `  ${pair.vendor}-${pair.name}: { provider: ${providerOf(pair)}, upstream_model: "${pair.name}" }`,
    ),
    ...(poolLines.length === 0 ? [] : ["pools:", ...poolLines]),
    "",
  ].join("\n");
}
