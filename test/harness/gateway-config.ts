/** Configuration files for the compiled gateway in front of the scripted vendors. */
import type { Vendor } from "./vendors.ts";

/** Recognisable wherever it leaks. Both vendors' keys and the client's token hold it. */
export const CANARY = "canary4f9a";
export const ENV = {
  OPENAI_TEST_KEY: `test-key-openai-${CANARY}`,
  ANTHROPIC_TEST_KEY: `test-key-anthropic-${CANARY}`,
} as const;

export interface ConfigInput {
  readonly openai: Vendor;
  readonly anthropic: Vendor;
  /** Upstream models, each under both vendors: `text` becomes `openai-text` and `anthropic-text`. */
  readonly models: readonly string[];
  /** Pool name -> models, in the order of their weight. */
  readonly pools?: Readonly<Record<string, readonly string[]>>;
  /** Further top-level lines. */
  readonly more?: string;
}

export function configText({ openai, anthropic, models, pools, more }: ConfigInput): string {
  const model = (vendor: string, name: string): string =>
    `  ${vendor}-${name}: { provider: ${vendor}, upstream_model: "${name}" }`;
  const poolText = Object.entries(pools ?? {}).map(([name, members]) => {
    const listed = members.map(
      (member, index) => `{ target: ${member}, weight: ${10 ** (members.length - 1 - index)} }`,
    );
    return `  ${name}: { members: [ ${listed.join(", ")} ] }`;
  });
  return `listen: "127.0.0.1:0"
${more ?? ""}
providers:
  openai: { protocol: openai, base_url: "${openai.url}", api_key_env: OPENAI_TEST_KEY, allow_private: true }
  anthropic: { protocol: anthropic, base_url: "${anthropic.url}", api_key_env: ANTHROPIC_TEST_KEY, allow_private: true }
models:
${models.flatMap((name) => [model("openai", name), model("anthropic", name)]).join("\n")}
${poolText.length === 0 ? "" : `pools:\n${poolText.join("\n")}`}
`;
}
