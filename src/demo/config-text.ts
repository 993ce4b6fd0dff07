/** The demo's configuration as text, in the words of config.yaml: everything it shows can be written by hand. */
import { type DemoModel, type DemoPool, type DemoVendor, POOLS, VENDORS } from "./scenery.ts";

/** What clients of the demo send. No secret: it opens nothing but simulated vendors on this machine. */
export const DEMO_CLIENT_KEY = "demo-key";

/** What the gateway sends to an account of a simulated vendor. */
const DEMO_ACCOUNT_KEY = "demo-account-key";

interface DemoConfigInput {
  /** Where the simulated vendors listen, without a trailing slash. */
  readonly vendorsUrl: string;
  /** Where the gateway shall listen, on loopback. */
  readonly port: number;
  readonly logLevel: "info" | "warn" | "error";
}

export function demoConfig({ vendorsUrl, port, logLevel }: DemoConfigInput): string {
  return [
    "# Simulated vendors on loopback; everything else is as in a real configuration.",
    `listen: "127.0.0.1:${port}"`,
    "drain_secs: 5",
    `log: { level: ${logLevel} }`,
    `auth: { mode: token, client_tokens: [${DEMO_CLIENT_KEY}] }`,
    "timeouts: { connect_ms: 2000, first_byte_ms: 20000, stream: { first_byte_ms: 10000 } }",
    "providers:",
    ...VENDORS.flatMap((vendor) => provider(vendor, vendorsUrl)),
    "models:",
    ...VENDORS.flatMap((vendor) => vendor.models.map((each) => model(each, vendor))),
    "pools:",
    ...POOLS.flatMap(pool),
    "",
  ].join("\n");
}

function provider({ name, protocol, temper, accounts }: DemoVendor, vendorsUrl: string): string[] {
  return [
    `  ${name}:`,
    `    protocol: ${protocol}`,
    `    base_url: "${vendorsUrl}/${temper}"`,
    "    allow_private: true",
    "    accounts:",
    ...accounts.map((id) => `      - { id: ${id}, api_key: ${DEMO_ACCOUNT_KEY}-${id} }`),
  ];
}

/** The upstream name is what the model really is, at any vendor. */
function model({ name, upstreamModel, tier, inputUsd, outputUsd }: DemoModel, vendor: DemoVendor): string {
  const facts = `{ context_window: 200000, max_output_tokens: 32000, tools: true, structured_output: true, tier: ${tier} }`;
  const prices = `{ input_per_million_usd: ${inputUsd}, output_per_million_usd: ${outputUsd} }`;
  return `  ${name}: { provider: ${vendor.name}, upstream_model: ${upstreamModel}, canonical: ${upstreamModel}, capabilities: ${facts}, prices: ${prices} }`;
}

function pool({ name, members, keep, firstByteMs }: DemoPool): string[] {
  return [
    `  ${name}:`,
    "    members:",
    ...members.map(({ model, weight }) => `      - { target: ${model}, weight: ${weight} }`),
    `    failover: { deadline_secs: 30, cap: 4${keep.length === 0 ? "" : `, keep: [${keep.join(", ")}]`} }`,
    "    breaker: { base_cooldown_secs: 5, max_cooldown_secs: 20, trip: { mode: error_rate, window_s: 30, threshold: 0.6, min_requests: 5 } }",
    ...(firstByteMs === null
      ? []
      : [
          `    timeouts: { first_byte_ms: ${firstByteMs.buffered}, stream: { first_byte_ms: ${firstByteMs.streamed} } }`,
        ]),
  ];
}
