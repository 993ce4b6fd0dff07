/** The compiled gateway in front of one scripted vendor of every kind it can speak to. */
import type { UpstreamClient } from "../../../src/ir/deployment.ts";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import { type Gateway, startGateway } from "../binary.ts";
import { ANTHROPIC_DIALECT } from "./anthropic.ts";
import { BEDROCK_DIALECT } from "./bedrock.ts";
import { COHERE_DIALECT } from "./cohere.ts";
import { type Dialect, type ScriptedVendor, startScripted } from "./dialect.ts";
import { GEMINI_DIALECT } from "./gemini.ts";
import { OPENAI_DIALECT } from "./openai.ts";
import { RESPONSES_DIALECT } from "./responses.ts";

export const DIALECTS: readonly Dialect[] = [
  OPENAI_DIALECT,
  RESPONSES_DIALECT,
  ANTHROPIC_DIALECT,
  GEMINI_DIALECT,
  BEDROCK_DIALECT,
  COHERE_DIALECT,
].filter(({ protocol }) => Object.hasOwn(PROTOCOLS, protocol));

export const VENDORS: readonly string[] = DIALECTS.map(({ protocol }) => protocol);

/** Upstream models of every vendor: `loop` becomes `openai-loop`, `gemini-loop`, ... */
const MODELS = [
  ...["loop", "text", "hang", "hang-mid", "cut", "rejected", "limited", "bad-key", "overloaded", "broken"],
  ...["retry-limited", "retry-overloaded"],
];

export interface ScriptedGateway {
  readonly gateway: Gateway;
  readonly vendors: ReadonlyMap<string, ScriptedVendor>;
  vendor(protocol: string): ScriptedVendor;
  stop(): Promise<void>;
}

/** `upstreamClient`: null is the default one. */
export async function startScriptedGateway(upstreamClient: UpstreamClient | null = null): Promise<ScriptedGateway> {
  const started = await Promise.all(DIALECTS.map((dialect) => startScripted(dialect)));
  const vendors = new Map(started.map((vendor) => [vendor.dialect.protocol, vendor]));
  const gateway = await startGateway({ config: configText(started, upstreamClient), env: ENV });
  return {
    gateway,
    vendors,
    vendor(protocol) {
      const found = vendors.get(protocol);
      if (found === undefined) throw new Error(`no vendor speaks ${protocol}`);
      return found;
    },
    async stop() {
      await gateway.stop();
      await Promise.all(started.map((vendor) => vendor.close()));
    },
  };
}

const ENV = { SCRIPTED_KEY: "scripted-vendor-key", SCRIPTED_AWS_KEY: "AKIDSCRIPTED:scripted-secret" };

/** A provider for each model, so that a fault that puts an account out stays with its own test. */
function configText(vendors: readonly ScriptedVendor[], upstreamClient: UpstreamClient | null): string {
  const pairs = vendors.flatMap((vendor) =>
    MODELS.map((model) => ({ vendor, model, protocol: vendor.dialect.protocol })),
  );
  const client = upstreamClient === null ? "" : `, upstream_client: ${upstreamClient}`;
  return [
    'listen: "127.0.0.1:0"',
    "providers:",
    ...pairs.map(({ vendor, model, protocol }) => {
      const key = protocol === "bedrock" ? "SCRIPTED_AWS_KEY, region: us-east-1" : "SCRIPTED_KEY";
      return `  ${protocol}-${model}: { protocol: ${protocol}, base_url: "${vendor.url}", api_key_env: ${key}, allow_private: true${client} }`;
    }),
    "models:",
    ...pairs.map(
      ({ model, protocol }) => `  ${protocol}-${model}: { provider: ${protocol}-${model}, upstream_model: "${model}" }`,
    ),
    "",
  ].join("\n");
}
