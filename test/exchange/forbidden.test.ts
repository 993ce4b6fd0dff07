// A 403 of our credential takes the account out; one that speaks of a model, or of something that may not be done with
// it, takes out that lane alone. Messages as vendors word them (their error pages and SDK issues, read 2026-11).
import { expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const openai = (message: string, code: string | null = null) =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } });
const anthropic = (message: string) => JSON.stringify({ type: "error", error: { type: "permission_error", message } });

const ROWS: readonly (readonly [protocol: string, body: string, out: "lane" | "account"])[] = [
  ["openai", openai("Project `p` does not have access to model `x`", "model_not_found"), "lane"],
  ["openai", openai("You are not allowed to sample from this model"), "lane"],
  ["openai", openai("Your organization must be verified to stream this model."), "lane"],
  ["openai", openai("Your organization must be verified to generate reasoning summaries."), "lane"],
  ["openai", openai("This feature is not available on your plan"), "lane"],
  ["anthropic", anthropic("Your API key does not have permission to use this model"), "lane"],
  ["anthropic", anthropic("The beta feature is not enabled for your organization"), "lane"],
  ["openai", openai("Country, region, or territory not supported", "unsupported_country_region_territory"), "account"],
  ["openai", openai("You have insufficient permissions for this operation. Missing scopes: model.request"), "account"],
  ["openai", openai("The account is not active", "account_deactivated"), "account"],
  ["anthropic", anthropic("Your API key does not have permission to use the specified resource"), "account"],
  ["openai", "{}", "account"],
];

test.each(ROWS)("%s: %s takes out the %s", async (protocol, body, out) => {
  const lanes = ["m", "n"].map((model) => laneOf(`p/a/${model}`, protocol));
  const other = laneOf("q/b/m2", protocol);
  const all = [...lanes, other];
  const core = createCore({
    deployment: deploymentOf({ lanes: all, targets: [poolOf("pool", all)] }),
    answer: (call) => (bodyText(call).includes('upstream-m"') ? json(403, body) : answering(wordsOf(protocol)))(call),
  });
  const got = await core.ask({ protocol, body: question(protocol) });
  expect(got.status).toBe(200);
  const target = core.world.deployment.targets["pool"];
  if (target === undefined) throw new Error("no pool");
  const because = lanes.map((lane) => core.shared.health.condition(target, lane, core.effects.nowMs()).because);
  expect(because).toEqual(["hard-out", out === "account" ? "hard-out" : null]);
});
