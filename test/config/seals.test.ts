// Who can open whose sealed reasoning: the same account, or accounts of one word, and of these the same model.
import { expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";

const CONFIG = `
providers:
  anthropic: { api_key_env: K }
  bedrock: { aws: env }
  acme: { protocol: anthropic, base_url: "https://acme.example", accounts: [ { id: a, api_key_env: K }, { id: b, api_key_env: K } ] }
models:
  sonnet: { provider: anthropic, upstream_model: claude-sonnet-4-5 }
  cloud: { provider: bedrock, upstream_model: us.anthropic.claude-sonnet-4-5-20250929-v1:0 }
  opus: { provider: anthropic, upstream_model: claude-opus-4-5 }
  own: { provider: acme, upstream_model: m }
`;

test("a seal goes back to the same account or word, and to the same model", () => {
  const env = {
    K: "k",
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_REGION: "us-east-1",
  };
  const { deployment } = loadFromText({ config: CONFIG, env });
  const issuer = (lane: string) => deployment?.lanes[lane]?.sealIssuer;
  expect(issuer("anthropic/default/sonnet")).toMatch(/^anthropic-[0-9a-f]{12}$/);
  expect(issuer("bedrock/default/cloud")).toBe(issuer("anthropic/default/sonnet") ?? "");
  expect(issuer("anthropic/default/opus")).not.toBe(issuer("anthropic/default/sonnet"));
  expect(issuer("acme/a/own")).not.toBe(issuer("acme/b/own"));
});
