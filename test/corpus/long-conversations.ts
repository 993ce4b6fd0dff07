/** The corpus of requests, as agents hold them: conversations of many turns, and what single vendors alone have. */
import { type IrBlock, type IrRequest, NO_SAMPLING } from "../../src/ir/request.ts";
import type { ProtocolId } from "../../src/known.ts";
import {
  assistant,
  audio,
  call,
  citation,
  document,
  functionTool,
  image,
  instruction,
  interjection,
  named,
  reasoning,
  request,
  result,
  text,
  tool,
  user,
} from "../harness/builders.ts";

/** Everybody who may have sealed reasoning, whether or not this version speaks it. */
const ISSUERS: readonly (ProtocolId | "gemini" | "bedrock" | "cohere")[] = [
  "anthropic",
  "responses",
  "openai",
  "gemini",
  "bedrock",
  "cohere",
];

const WEATHER = functionTool("get_weather");
const READ = functionTool("read_file", {
  description: "Reads a file",
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
});
const WRITE = functionTool("write_file", {
  description: "Writes a file",
  parameters: {
    type: "object",
    properties: { path: { type: "string" }, content: { type: "string" }, mode: { type: "integer", default: 420 } },
    required: ["path", "content"],
    additionalProperties: false,
  },
});

const readCall = (id: string, path: string): IrBlock => call(id, "read_file", JSON.stringify({ path }));
const about = (over: Partial<IrRequest>): IrRequest =>
  request({ instructions: [instruction("You edit files.")], ...over });

const AGENT: Readonly<Record<string, IrRequest>> = {
  "an agent's three steps": about({
    tools: [READ, WRITE],
    turns: [
      user(text("Fix the typo in a.txt and b.txt.")),
      assistant(text("I read both."), readCall("call_a_1", "a.txt"), readCall("call_b_2", "b.txt")),
      tool(result("call_a_1", [text("teh")]), result("call_b_2", [text("adn")])),
      assistant(
        call("call_w_3", "write_file", '{"path":"a.txt","content":"the"}'),
        call("call_w_4", "write_file", '{"path":"b.txt","content":"and"}'),
      ),
      tool(result("call_w_3", [text("ok")]), result("call_w_4", [text("disk full")], { isError: true })),
      assistant(call("call_w_5", "write_file", '{"path":"b.txt","content":"and"}')),
      tool(result("call_w_5", [text("ok")])),
    ],
  }),
  "the same id in two steps": about({
    tools: [READ],
    turns: [
      user(text("Read a and b.")),
      assistant(readCall("call_0", "a")),
      tool(result("call_0", [text("A")])),
      assistant(readCall("call_1", "b")),
      tool(result("call_1", [text("B")])),
      user(text("And again?")),
    ],
  }),
  "two tools of one name prefix": about({
    tools: [functionTool("get"), functionTool("get_weather"), functionTool("get-weather-now")],
    turns: [
      user(text("Go.")),
      assistant(call("call_1", "get", "{}"), call("call_2", "get-weather-now", "{}")),
      tool(result("call_1", [text("1")]), result("call_2", [text("2")])),
    ],
  }),
  "eight calls in parallel": about({
    tools: [READ],
    turns: [
      user(text("Read all.")),
      assistant(...Array.from({ length: 8 }, (_, at) => readCall(`call_${at}`, `${at}.txt`))),
      tool(...Array.from({ length: 8 }, (_, at) => result(`call_${at}`, [text(`text ${at}`)]))),
    ],
  }),
  "a screenshot as a result": about({
    tools: [functionTool("screenshot", { parameters: null })],
    turns: [
      user(text("What is on the screen?")),
      assistant(call("call_1", "screenshot", "{}")),
      tool(result("call_1", [image()])),
      assistant(text("A window.")),
      user(text("Close it.")),
    ],
  }),
  "a report as a result": about({
    tools: [READ],
    turns: [
      user(text("Read it.")),
      assistant(readCall("call_1", "r.pdf")),
      tool(result("call_1", [document({ title: "r.pdf" })])),
    ],
  }),
  "nested JSON as arguments and result": about({
    tools: [WRITE],
    turns: [
      user(text("Store it.")),
      assistant(call("call_1", "write_file", '{"path":"","content":"{\\"a\\":[1,{\\"\\":null}]}","":{"x":[[]]}}')),
      tool(result("call_1", [text('{"":"empty name","deep":{"list":[1,2.50,-0.0,1e400,[]]}}')])),
    ],
  }),
  "results and words together, and on": about({
    tools: [READ],
    turns: [
      user(text("Read a.")),
      assistant(readCall("call_1", "a")),
      tool(result("call_1", [text("A")])),
      user(text("Stop."), image()),
      assistant(text("Stopped.")),
      user(text("Thanks.")),
    ],
  }),
  "instructions change on the way": about({
    turns: [
      user(text("Hi.")),
      assistant(text("Hello.")),
      interjection("system", "From now on answer in French."),
      user(text("How are you?")),
      assistant(text("Bien.")),
      interjection("developer", "And briefly."),
      user(text("Good.")),
    ],
  }),
  "a long talk": about({
    turns: Array.from({ length: 40 }, (_, at) =>
      at % 2 === 0 ? user(text(`Question ${at}?`)) : assistant(text(`Answer ${at}.`)),
    ),
  }),
  "two people and a document": request({
    turns: [
      named(user(text("I am Ada."), document({ title: "notes.pdf" })), "ada"),
      assistant(text("Welcome.")),
      named(user(text("I am Bob."), image(), audio()), "bob"),
    ],
  }),
  "a cited answer in the history": request({
    turns: [
      user(text("Is it so?")),
      assistant(text("It is so.", { citations: [citation()] })),
      user(text("Says who?")),
    ],
  }),
  "thinking in parallel calls": about({
    maxOutputTokens: 9_000,
    reasoning: { mode: "enabled", effort: null, budgetTokens: 2_048, display: null },
    tools: [READ],
    turns: [
      user(text("Read both.")),
      assistant(
        reasoning("Both, then.", { signature: { issuer: "anthropic", value: "c2lnLTE=" } }),
        text("Reading."),
        readCall("call_1", "a"),
        readCall("call_2", "b"),
      ),
      tool(result("call_1", [text("A")]), result("call_2", [text("B")])),
    ],
  }),
  "a call signed by its issuer": about({
    tools: [READ],
    turns: [
      user(text("Read.")),
      assistant(call("call_1", "read_file", '{"path":"a"}', { signature: { issuer: "gemini", value: "Z2VtLTE=" } })),
      tool(result("call_1", [text("A")])),
    ],
  }),
  ...Object.fromEntries(
    ISSUERS.flatMap((issuer) => [
      [
        `reasoning signed by ${issuer}`,
        request({
          turns: [
            user(text("Think.")),
            assistant(reasoning("Hmm.", { signature: { issuer, value: "c2VhbGVk" } }), text("So.")),
            user(text("Go on.")),
          ],
        }),
      ],
      [
        `reasoning encrypted by ${issuer}`,
        request({
          turns: [
            user(text("Think.")),
            assistant(reasoning("", { encrypted: { issuer, value: "c2VhbGVk" } }), text("So.")),
            user(text("Go on.")),
          ],
        }),
      ],
    ]),
  ),
};

const OPTIONS: Readonly<Record<string, IrRequest>> = {
  "everything at once": request({
    instructions: [instruction("Be brief.")],
    tools: [WEATHER, READ],
    toolChoice: { kind: "required" },
    maxOutputTokens: 1_000,
    sampling: { ...NO_SAMPLING, temperature: 0.5, topP: 0.5 },
    stop: ["END"],
    user: "user-7",
  }),
  "cold sampling": request({ sampling: { ...NO_SAMPLING, temperature: 0, topP: 0 } }),
  "a limit of one": request({ maxOutputTokens: 1 }),
  "high effort with its answer shown": request({
    maxOutputTokens: 20_000,
    reasoning: { mode: null, effort: "high", budgetTokens: null, display: "summarized" },
  }),
  "effort in the middle": request({
    maxOutputTokens: 20_000,
    reasoning: { mode: null, effort: "medium", budgetTokens: null, display: null },
  }),
  "a small budget": request({
    maxOutputTokens: 4_096,
    reasoning: { mode: "enabled", effort: null, budgetTokens: 100, display: null },
  }),
  "schema with tools": request({
    tools: [WEATHER],
    outputFormat: {
      kind: "json-schema",
      name: "report",
      description: "A report",
      schema: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
      strict: true,
    },
  }),
  "schema with references": request({
    outputFormat: {
      kind: "json-schema",
      name: "tree",
      description: null,
      schema: {
        type: "object",
        $defs: {
          node: { type: "object", properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } } },
        },
        properties: { root: { $ref: "#/$defs/node" } },
        required: ["root"],
        additionalProperties: false,
      },
      strict: null,
    },
  }),
  "penalties alone": request({ sampling: { ...NO_SAMPLING, presencePenalty: 0.5, frequencyPenalty: 0.5 } }),
  "seed alone": request({ sampling: { ...NO_SAMPLING, seed: 42 } }),
  "probabilities without alternatives": request({ logprobs: { top: null } }),
  "flexible tier": request({ serviceTier: "flex" }),
  "marks on a result": request({
    tools: [READ],
    turns: [
      user(text("Read.")),
      assistant(readCall("call_1", "a")),
      tool(result("call_1", [text("A")], { cache: { lifetime: "5m" } })),
    ],
  }),
};

export const LONG_CONVERSATIONS: Readonly<Record<string, IrRequest>> = { ...AGENT, ...OPTIONS };
