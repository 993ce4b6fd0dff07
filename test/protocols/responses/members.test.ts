// Every member that the vendor's own SDK knows of a request either is carried to other protocols, says what they do unasked,
// or is told as lost. The tables are closed over the SDK's types: a member it adds breaks the build here.
import { describe, expect, test } from "bun:test";
import type { ResponseCreateParamsNonStreaming, ResponseTextConfig } from "openai/resources/responses/responses";
import type { Reasoning } from "openai/resources/shared";
import type { JsonObject } from "../../../src/std/json.ts";
import { ALL, toLane } from "../../harness/crossing.ts";

const FOREIGN = ALL.map(({ id }) => id).filter((id) => id !== "responses");

/** `carried`: the IR holds it, and each writer tells what it cannot write. Else a value that no other protocol has a place for. */
type Told = "carried" | { readonly told: unknown };

const MEMBERS = {
  background: { told: true },
  context_management: { told: [{ type: "compaction", compact_threshold: 1000 }] },
  conversation: "carried",
  include: { told: ["web_search_call.results"] },
  input: "carried",
  instructions: "carried",
  max_output_tokens: "carried",
  metadata: "carried",
  model: "carried",
  moderation: { told: { model: "omni-moderation-latest" } },
  parallel_tool_calls: "carried",
  previous_response_id: "carried",
  prompt: { told: { id: "pmpt_1" } },
  prompt_cache_key: "carried",
  prompt_cache_options: { told: { mode: "explicit" } },
  prompt_cache_retention: "carried",
  reasoning: "carried",
  safety_identifier: "carried",
  service_tier: "carried",
  store: { told: true },
  stream: "carried",
  stream_options: { told: { other: 1 } },
  temperature: "carried",
  text: "carried",
  tool_choice: "carried",
  tools: "carried",
  top_logprobs: "carried",
  top_p: "carried",
  truncation: { told: "auto" },
  user: "carried",
} as const satisfies Record<keyof ResponseCreateParamsNonStreaming, Told>;

const REASONING = {
  context: { told: "all_turns" },
  effort: "carried",
  generate_summary: "carried",
  mode: { told: "pro" },
  summary: "carried",
} as const satisfies Record<keyof Reasoning, Told>;

const TEXT = { format: "carried", verbosity: { told: "low" } } as const satisfies Record<
  keyof ResponseTextConfig,
  Told
>;

const ROWS: readonly (readonly [field: string, members: JsonObject])[] = [
  ...told(MEMBERS).map(([name, value]) => [name, { [name]: value }] as const),
  ...told(REASONING).map(
    ([name, value]) => [`reasoning.${name}`, { reasoning: { effort: "low", [name]: value } }] as const,
  ),
  ...told(TEXT).map(([name, value]) => [`text.${name}`, { text: { [name]: value } }] as const),
  ["nobody_knows", { nobody_knows: 1 }],
  ["reasoning.nobody_knows", { reasoning: { nobody_knows: 1 } }],
];

describe.each(ROWS)("%s", (field, members) => {
  const body = { model: "m", input: "hi", ...members };

  test.each(FOREIGN)("is told as lost at %s", (lane) => {
    const { losses } = toLane("responses", lane, body);
    expect(losses.filter((loss) => loss.field === field).map(({ how }) => how)).toEqual(["dropped"]);
  });

  test("reaches a lane of its own protocol", () => {
    expect(toLane("responses", "responses", body).body).toMatchObject(members);
  });
});

test("what the vendor does unasked is no loss", () => {
  for (const members of [
    { reasoning: { context: "auto", mode: "standard" } },
    { reasoning: { context: null } },
    { store: false, background: false, truncation: "disabled", text: { verbosity: "medium" } },
  ]) {
    for (const lane of FOREIGN)
      expect(toLane("responses", lane, { model: "m", input: "hi", ...members }).losses).toEqual([]);
  }
});

const PHASED = {
  model: "m",
  input: [
    { role: "user", content: "hi" },
    {
      type: "message",
      role: "assistant",
      phase: "commentary",
      content: [{ type: "output_text", text: "Hm", annotations: [] }],
    },
    { type: "message", role: "assistant", phase: "final_answer", content: "Hello" },
    { role: "user", content: "go on" },
  ],
};

describe("the phase of a message", () => {
  test.each(FOREIGN)("is told as lost at %s", (lane) => {
    const { losses } = toLane("responses", lane, PHASED);
    expect(losses.map(({ field, how }) => `${field} ${how}`)).toContain("messages[1].phase dropped");
  });

  test("reaches a lane of its own protocol", () => {
    expect(toLane("responses", "responses", PHASED).body).toMatchObject({ input: PHASED.input });
  });
});

function told(members: Readonly<Record<string, Told>>): (readonly [string, unknown])[] {
  return Object.entries(members).flatMap(([name, how]) => (how === "carried" ? [] : [[name, how.told] as const]));
}
