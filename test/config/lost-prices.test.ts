// What another address costs: a catalog's provider keeps its prices there, and one under a name that no catalog has loses them, which
// `check` says with the line that cures it.
import { expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";

const PRICES = "prices: { input_per_million_usd: 1, output_per_million_usd: 2 }";

function loaded(provider: string, model: string, more = "") {
  const config = `providers: { ${provider} }\nmodels: { m: { ${model} } }\n${more}`;
  const { deployment, problems } = loadFromText({ config, env: { K: "sk-test", ADMIN: "token-of-the-admin" } });
  const lane = Object.values(deployment?.lanes ?? {})[0];
  const said = problems.filter(({ message }) => message.includes("no price is known"));
  return { isPriced: lane?.prices != null, said: said.map(({ path, line }) => `${path}:${line}`), said1: said[0] };
}

const OWN = 'mine: { protocol: openai, base_url: "https://proxy.example.com", api_key_env: K }';
const AT_OWN = "provider: mine, upstream_model: gpt-5.4";
const LOST = ["providers.mine.base_url:1"];

test.each<readonly [string, string, string, boolean, readonly string[]]>([
  [
    "a catalog's provider elsewhere",
    'openai: { base_url: "https://proxy.example.com", api_key_env: K }',
    "provider: openai, upstream_model: gpt-5.4",
    true,
    [],
  ],
  ["a name of one's own at the vendor's address", OWN.replace("proxy.example", "api.openai"), AT_OWN, true, []],
  ["a name of one's own elsewhere", OWN, AT_OWN, false, LOST],
  ["a model called as its vendor calls it", OWN, "provider: mine, upstream_model: claude-sonnet-4-5", false, LOST],
  ["its prices are written", OWN, `${AT_OWN}, ${PRICES}`, true, []],
  ["a model of one's own", OWN, "provider: mine, upstream_model: house-model", false, []],
  ["a server of one's own", OWN.replace("api_key_env: K", "allow_private: true"), AT_OWN, false, []],
])("%s", (_name, provider, model, isPriced, said) => {
  const got = loaded(provider, model);
  expect([got.isPriced, got.said]).toEqual([isPriced, [...said]]);
});

test("the line that cures it", () => {
  expect(loaded(OWN, AT_OWN).said1?.message).toContain("write models: { m: { prices: {");
});

test("one fee for all is a price", () => {
  const fee = "governance: { enabled: true, admin_token_env: ADMIN, price_per_request_cents: 1 }\n";
  expect(loaded(OWN, AT_OWN, fee).said).toEqual([]);
});
