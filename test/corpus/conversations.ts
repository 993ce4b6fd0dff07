/** The corpus of requests, feature by feature: short ones that are each about one thing. Names stay, because a pinned loss names its case. */
import { type IrRequest, NO_SPELLING } from "../../src/ir/request.ts";
import {
  assistant,
  audio,
  call,
  document,
  functionTool,
  image,
  instruction,
  interjection,
  named,
  reasoning,
  refusal,
  request,
  result,
  text,
  tool,
  user,
} from "../harness/builders.ts";

const WEATHER = functionTool("get_weather");
const CLOCK = functionTool("get_time", { description: null, parameters: { type: "object", properties: {} } });
const ASKED = user(text("What is the weather in Paris and Oslo?"));
const PARIS = call("call_paris_1", "get_weather", '{"city":"Paris"}');
const OSLO = call("call_oslo_2", "get_weather", '{"city":"Oslo"}');
const SCHEMA = {
  type: "object",
  properties: { answer: { type: "integer" } },
  required: ["answer"],
  additionalProperties: false,
};

/** One tool call answered by this content. */
const answered = (...content: Parameters<typeof result>[1]): Partial<IrRequest> => ({
  tools: [WEATHER],
  turns: [ASKED, assistant(PARIS), tool(result("call_paris_1", content))],
});

export const CONVERSATIONS: Readonly<Record<string, IrRequest>> = {
  // System.
  plain: request(),
  "no limit": request({ maxOutputTokens: null }),
  "system text": request({ instructions: [instruction("Be brief.")] }),
  "system blocks": request({
    instructions: [instruction("Be brief.", { wasString: false, blocks: [text("Be brief."), text("Be kind.")] })],
  }),
  "two systems": request({ instructions: [instruction("Be brief."), instruction("Be kind.")] }),
  "developer instruction": request({ instructions: [instruction("Be brief.", { role: "developer" })] }),
  "empty system": request({ instructions: [instruction("")] }),
  "system in the middle": request({
    turns: [user(text("Hi.")), assistant(text("Yes?")), interjection("system", "Now be formal."), user(text("Go on."))],
  }),
  "developer in the middle": request({
    turns: [user(text("Hi.")), interjection("developer", "Be formal."), user(text("Go on."))],
  }),

  // Turns.
  "several turns": request({ turns: [user(text("One.")), assistant(text("Two.")), user(text("Three."))] }),
  "two users in a row": request({ turns: [user(text("One.")), user(text("Two."))] }),
  "several texts in a turn": request({ turns: [user(text("One."), text("Two."))] }),
  "empty assistant turn": request({ turns: [user(text("Hi.")), assistant(), user(text("Still there?"))] }),
  "blank assistant turn": request({ turns: [user(text("Hi.")), assistant(text("")), user(text("Still there?"))] }),
  "assistant first": request({ turns: [assistant(text("Welcome.")), user(text("Hi."))] }),
  prefill: request({ turns: [user(text("Write JSON.")), assistant(text('{"a":'))] }),
  "named speaker": request({ turns: [named(user(text("I am Ada.")), "ada")] }),
  unicode: request({ turns: [user(text("größer 日本語 \u{1f600} \u2028 \u0000 \ud800 end"))] }),
  "wire syntax in text": request({ turns: [user(text('\n\ndata: {"x":1}\r\nevent: y\r\r'))] }),
  "a refused turn": request({
    turns: [user(text("Bad thing?")), assistant(refusal("I will not.")), user(text("Why?"))],
  }),

  // Media.
  "image bytes": request({ turns: [user(text("What is it?"), image())] }),
  "image address": request({
    turns: [user(image({ source: { kind: "url", url: "https://pictures.invalid/a.png", mediaType: null } }))],
  }),
  "image detail": request({ turns: [user(image({ detail: "low" }))] }),
  "two images": request({ turns: [user(image(), text("and"), image())] }),
  "document bytes": request({ turns: [user(document({ title: "report.pdf" }), text("Sum up."))] }),
  "document address": request({
    turns: [user(document({ source: { kind: "url", url: "https://files.invalid/a.pdf", mediaType: null } }))],
  }),
  "document text": request({
    turns: [user(document({ source: { kind: "text", text: "Plain words." }, title: "notes", context: "from 2025" }))],
  }),
  "document cited": request({
    turns: [user(document({ source: { kind: "text", text: "Plain words." }, citations: true }))],
  }),
  "document blocks": request({
    turns: [user(document({ source: { kind: "blocks", blocks: [text("A."), text("B.")], wasString: false } }))],
  }),
  "document file id": request({ turns: [user(document({ source: { kind: "file", id: "file-1" } }))] }),
  "audio bytes": request({ turns: [user(text("Listen."), audio())] }),

  // Tools.
  "a tool": request({ tools: [WEATHER] }),
  "tool without parameters": request({ tools: [functionTool("ping", { parameters: null, description: null })] }),
  "strict tool": request({ tools: [functionTool("get_weather", { strict: true })] }),
  "tool choice auto": request({ tools: [WEATHER], toolChoice: { kind: "auto" } }),
  "tool choice none": request({ tools: [WEATHER], toolChoice: { kind: "none" } }),
  "tool choice required": request({ tools: [WEATHER], toolChoice: { kind: "required" } }),
  "tool choice named": request({ tools: [WEATHER, CLOCK], toolChoice: { kind: "tool", name: "get_time" } }),
  "tool choice allowed": request({
    tools: [WEATHER, CLOCK],
    toolChoice: { kind: "allowed", mode: "auto", names: ["get_time"] },
  }),
  "no parallel calls": request({ tools: [WEATHER], parallelToolCalls: false }),
  "parallel calls": request({ tools: [WEATHER], parallelToolCalls: true }),
  "required, one at a time": request({ tools: [WEATHER], toolChoice: { kind: "required" }, parallelToolCalls: false }),
  "a custom tool with a grammar": request({
    tools: [
      {
        type: "custom",
        name: "run_sql",
        description: null,
        format: { type: "grammar", syntax: "lark", definition: "start: WORD" },
        extras: {},
        spelling: NO_SPELLING,
      },
    ],
  }),
  "a custom tool": request({
    tools: [
      { type: "custom", name: "run_sql", description: "Runs SQL", format: null, extras: {}, spelling: NO_SPELLING },
    ],
  }),
  "schema of every kind": request({
    tools: [
      functionTool("zoo", {
        parameters: {
          $schema: "https://json-schema.org/draft/2020-12/schema",
          type: "object",
          $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
          properties: {
            a: { anyOf: [{ type: "string" }, { type: "null" }] },
            b: { const: 1 },
            c: { $ref: "#/$defs/node" },
            d: { type: "string", pattern: "^(?!x).*$", format: "date" },
          },
          additionalProperties: { type: "number" },
        },
      }),
    ],
  }),
  "schema that is no object": request({
    tools: [functionTool("odd", { parameters: { oneOf: [{ type: "object" }, { type: "string" }] } })],
  }),

  // Calls and results.
  "one call": request(answered(text("21 degrees"))),
  "text beside a call": request({
    tools: [WEATHER],
    turns: [ASKED, assistant(text("Let me look."), PARIS), tool(result("call_paris_1", [text("21")]))],
  }),
  "calls in parallel": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(PARIS, OSLO),
      tool(result("call_paris_1", [text("21")]), result("call_oslo_2", [text("18")])),
    ],
  }),
  "results out of order": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(PARIS, OSLO),
      tool(result("call_oslo_2", [text("18")]), result("call_paris_1", [text("21")])),
    ],
  }),
  "results in turns of their own": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(PARIS, OSLO),
      tool(result("call_paris_1", [text("21")])),
      tool(result("call_oslo_2", [text("18")])),
    ],
  }),
  "a result and then words": request({
    tools: [WEATHER],
    turns: [ASKED, assistant(PARIS), tool(result("call_paris_1", [text("21")])), user(text("And tomorrow?"))],
  }),
  "result as JSON": request(answered(text('{"temperature":21,"id":12345678901234567890}'))),
  "result of several texts": request(answered(text("21"), text("degrees"))),
  "result with an image": request(answered(text("a map"), image())),
  "result that is an error": request({
    tools: [WEATHER],
    turns: [ASKED, assistant(PARIS), tool(result("call_paris_1", [text("no such city")], { isError: true }))],
  }),
  "empty result": request(answered()),
  "blank result": request(answered(text(""))),
  "call without arguments": request({
    tools: [CLOCK],
    turns: [ASKED, assistant(call("call_1", "get_time", "{}")), tool(result("call_1", [text("noon")]))],
  }),
  "call with blank arguments": request({
    tools: [CLOCK],
    turns: [ASKED, assistant(call("call_1", "get_time", "")), tool(result("call_1", [text("noon")]))],
  }),
  "call with broken arguments": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(call("call_1", "get_weather", '{"city":"Par')),
      tool(result("call_1", [text("bad arguments")])),
    ],
  }),
  "call with huge numbers": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(call("call_1", "get_weather", '{"id":12345678901234567890,"x":1.0}')),
      tool(result("call_1", [text("ok")])),
    ],
  }),
  "odd call ids": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(call("call:weird/id with spaces.1", "get_weather", "{}")),
      tool(result("call:weird/id with spaces.1", [text("ok")])),
    ],
  }),
  "long call ids": request({
    tools: [WEATHER],
    turns: [ASKED, assistant(call("x".repeat(90), "get_weather", "{}")), tool(result("x".repeat(90), [text("ok")]))],
  }),
  "calls without tools": request({ turns: [ASKED, assistant(PARIS), tool(result("call_paris_1", [text("21")]))] }),

  // Reasoning.
  "reasoning effort": request({ reasoning: { mode: null, effort: "low", budgetTokens: null, display: null } }),
  "reasoning effort unknown elsewhere": request({
    reasoning: { mode: null, effort: "xhigh", budgetTokens: null, display: null },
  }),
  "reasoning budget": request({
    maxOutputTokens: 8_192,
    reasoning: { mode: "enabled", effort: null, budgetTokens: 4_096, display: null },
  }),
  "reasoning adaptive": request({ reasoning: { mode: "adaptive", effort: null, budgetTokens: null, display: null } }),
  "reasoning off": request({ reasoning: { mode: "disabled", effort: null, budgetTokens: null, display: null } }),
  "signed reasoning": request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(reasoning("Let me think.", { signature: { issuer: "anthropic", value: "c2lnbmVk" } }), PARIS),
      tool(result("call_paris_1", [text("21")])),
    ],
  }),
  "redacted reasoning": request({
    turns: [
      ASKED,
      assistant(reasoning("", { encrypted: { issuer: "anthropic", value: "ZW5jcnlwdGVk" } }), text("So.")),
      user(text("Go on.")),
    ],
  }),
  "unsigned reasoning": request({ turns: [ASKED, assistant(reasoning("Hmm."), text("So.")), user(text("Go on."))] }),
  "reasoning of another vendor": request({
    turns: [
      ASKED,
      assistant(reasoning("Hmm.", { signature: { issuer: "gemini", value: "Z2VtaW5p" } }), text("So.")),
      user(text("Go on.")),
    ],
  }),

  // Form of the answer.
  "json object": request({ outputFormat: { kind: "json" } }),
  "json schema": request({
    outputFormat: { kind: "json-schema", name: "answer", description: null, schema: SCHEMA, strict: true },
  }),
  "nameless schema": request({
    outputFormat: { kind: "json-schema", name: null, description: null, schema: SCHEMA, strict: null },
  }),
  "text format": request({ outputFormat: { kind: "text" } }),
  "stop sequences": request({ stop: ["END", "\n\n"] }),
  "many stop sequences": request({ stop: ["a", "b", "c", "d", "e", "f"] }),
  "blank stop sequence": request({ stop: ["  ", "END"] }),
  sampling: request({
    sampling: { temperature: 0.7, topP: 0.9, topK: null, seed: null, presencePenalty: null, frequencyPenalty: null },
  }),
  "hot sampling": request({
    sampling: { temperature: 1.8, topP: null, topK: null, seed: null, presencePenalty: null, frequencyPenalty: null },
  }),
  "top k": request({
    sampling: { temperature: null, topP: null, topK: 40, seed: null, presencePenalty: null, frequencyPenalty: null },
  }),
  "seed and penalties": request({
    sampling: { temperature: null, topP: null, topK: null, seed: 7, presencePenalty: -2, frequencyPenalty: 2 },
  }),
  "several choices": request({ choices: 3 }),
  "log probabilities": request({ logprobs: { top: 5 } }),
  "enormous limit": request({ maxOutputTokens: 4_294_967_296 }),

  // About the caller.
  "end user": request({ user: "user-123" }),
  metadata: request({ metadata: { team: "blue", ticket: "42" } }),
  "service tier": request({ serviceTier: "auto" }),
  streamed: request({ stream: true }),
  "cache marks": request({
    instructions: [instruction("Long.", { wasString: false, blocks: [text("Long.", { cache: { lifetime: "1h" } })] })],
    tools: [functionTool("get_weather", { cache: { lifetime: null } })],
    turns: [user(text("Hi.", { cache: { lifetime: "5m" } }))],
  }),
};
