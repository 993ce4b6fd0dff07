/**
 * A vendor's refusal quotes the client: a tool called `get_billing_info`, a value "invalid api key". Taken for the
 * vendor's own words, one client's bad request took every account of the provider out for everybody.
 */
import { expect, test } from "bun:test";
import { classify } from "../../src/exchange/answer/classify.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";

function kindOf(protocol: keyof typeof PROTOCOLS, status: number, error: object, text = "", asks = false): string {
  const json = text === "" ? (protocol === "anthropic" ? { type: "error", error } : { error }) : null;
  const words = PROTOCOLS[protocol].payload.readError({ status, headers: {}, json, text });
  return classify({
    words,
    errorMap: {},
    retryAfterMs: null,
    passthrough: false,
    asks: () => asks,
    body: null,
    headers: text === "" ? {} : { "content-type": "text/html; charset=utf-8" },
  }).kind;
}

const invalid = (message: string, code: string | null = null) => ({ type: "invalid_request_error", message, code });

test.each([
  [
    "openai",
    invalid("Invalid schema for function 'get_billing_info': In context=(), ...", "invalid_function_parameters"),
  ],
  ["openai", invalid("Invalid value: 'billing'. Supported values are: 'a', 'b'.", "invalid_value")],
  ["openai", invalid("Invalid value: 'insufficient credits'.")],
  ["openai", invalid("The value 'incorrect api key' is not one of the enum.")],
  ["openai", invalid("Invalid parameter: model `o` with image input is not supported.")],
  ["openai", invalid("Requested feature of model: tools not supported")],
  ["openai", invalid("Invalid schema for function 'tokens_per_day': rate limit is no type.")],
  ["responses", invalid("Invalid schema for function 'get_billing_info': In context=(), ...", "invalid_schema")],
  ["responses", invalid("Invalid value: 'insufficient credits'.")],
  ["responses", invalid("The value 'incorrect api key' is not one of the enum.")],
  ["responses", invalid("Invalid parameter: model `o` with image input is not supported.")],
  ["responses", invalid("Invalid schema for function 'tokens_per_day': rate limit is no type.")],
  ["anthropic", invalid("messages.0.content.0: Input tag 'billing' found using 'type' does not match any of the tags")],
  ["anthropic", invalid("messages.0.content.0: Input tag 'invalid api key' found using 'type'")],
  ["anthropic", invalid("Unexpected value(s) `spend limit` for the `anthropic-beta` header.")],
] as const)("%s, 400 %j is about the request", (protocol, error) => {
  expect(kindOf(protocol, 400, error, "", true)).toBe("rejected");
});

test.each([
  [
    "openai",
    400,
    invalid("You exceeded your current quota, please check your plan and billing details."),
    "quota-words",
  ],
  ["openai", 429, invalid("You exceeded your current quota, please check your plan and billing details."), "billing"],
  ["openai", 403, invalid("Your credit balance is too low."), "quota-words"],
  ["openai", 400, invalid("Insufficient Balance"), "quota-words"],
  ["openai", 400, invalid("Incorrect API key provided."), "credential"],
  ["openai", 400, invalid("The model `gpt-9` does not exist or you do not have access to it."), "model-missing"],
  ["openai", 400, invalid("vendor/gpt-9 is not a valid model ID"), "model-missing"],
  ["openai", 429, invalid("Rate limit reached for requests per min."), "rate-limited"],
  [
    "responses",
    400,
    invalid("You exceeded your current quota, please check your plan and billing details."),
    "quota-words",
  ],
  ["responses", 403, invalid("Your credit balance is too low."), "quota-words"],
  ["responses", 400, invalid("Incorrect API key provided."), "credential"],
  ["responses", 400, invalid("The model `gpt-9` does not exist or you do not have access to it."), "model-missing"],
  ["responses", 429, invalid("Rate limit reached for requests per min."), "rate-limited"],
  ["anthropic", 400, invalid("Your credit balance is too low to access the Anthropic API."), "quota-words"],
  ["anthropic", 400, invalid("You have reached your specified API usage limits."), "quota-words"],
] as const)("%s, %p %j is still what the vendor means", (protocol, status, error, kind) => {
  expect(kindOf(protocol, status, error)).toBe(kind);
});

test("a 403 page of some other machine says nothing of a credential", () => {
  expect(kindOf("openai", 403, {}, "<html><title>Attention Required!</title></html>")).toBe("malformed");
  expect(kindOf("openai", 403, { type: "permission_error", message: "No access." })).toBe("credential");
});
