/** Events of any vendor as the vendor's own sequence: the exact bytes are in golden/, rules that hold for all stand here. */

import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { type Failure, failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { asArray, at } from "../../../src/std/json.ts";
import { CONTEXT, contextOf } from "./builders.ts";
import { expectGolden } from "./golden.ts";
import {
  args,
  bytesOf,
  close,
  counted,
  counting,
  END,
  finished,
  open,
  openCall,
  openText,
  START,
  say,
  write,
} from "./streams.ts";

const citation = (url: string | null): IrEvent => {
  const nothing = { title: null, citedText: null, start: null, end: null, sourceProtocol: "elsewhere", raw: {} };
  return { type: "citation", block: 0, citation: { kind: "url", url, ...nothing } };
};
const seal = (block: number, value: string): IrEvent => {
  return { type: "signature-delta", block, signature: { issuer: "anthropic", value } };
};
const reasoning = (block: number, issuer: string | null = null): IrEvent => {
  return open(block, { type: "reasoning", encrypted: issuer === null ? null : { issuer, value: "c2VhbA==" } });
};

const tools = [
  { type: "function", name: "look", parameters: { type: "object" }, strict: false },
  { type: "namespace", name: "mcp__files__", description: "Files", tools: [{ type: "function", name: "list" }] },
];
const asked = contextOf({
  input: "Hi",
  instructions: "Be brief.",
  stream: true,
  store: true,
  temperature: 0.5,
  max_output_tokens: 100,
  reasoning: { effort: "low", summary: "auto" },
  text: { verbosity: "low" },
  tools,
  tool_choice: "required",
  parallel_tool_calls: false,
  metadata: { a: "b" },
  prompt_cache_key: "k",
  safety_identifier: "s",
});

describe("goldens", () => {
  const rows: [string, readonly IrEvent[], string[]][] = [
    [
      "writer-text.sse",
      [START, openText(0), say(0, 'Hello "you"\n'), say(0, ""), say(0, "!"), close(0), finished("stop"), counted, END],
      [],
    ],
    [
      "writer-tools.sse",
      [
        START,
        openText(0),
        say(0, "Let me look."),
        close(0),
        openCall(1, "c1", "look"),
        args(1, '{"a":'),
        openCall(2, "c2", "mcp__files__list"),
        args(1, "1}"),
        close(2),
        close(1),
        openCall(3, "c3", "sh", "custom"),
        args(3, "ls"),
        close(3),
        finished("tool-calls"),
        counted,
        END,
      ],
      [],
    ],
    [
      "writer-reasoning.sse",
      [
        START,
        reasoning(0),
        say(0, "Hm"),
        say(0, "m."),
        seal(0, "c2ln"),
        seal(0, "bmF0"),
        close(0),
        reasoning(1, "anthropic"),
        close(1),
        openText(2),
        say(2, "So."),
        close(2),
        finished("stop"),
        counted,
        END,
      ],
      [],
    ],
    ["writer-incomplete.sse", [START, openText(0), say(0, "Hel"), close(0), finished("length"), counted, END], []],
    [
      "writer-cited.sse",
      [
        START,
        openText(0),
        say(0, "So."),
        citation("https://x.invalid/"),
        citation(null),
        close(0),
        openText(1),
        say(1, " Yes."),
        close(1),
        open(2, { type: "refusal" }),
        say(2, "No."),
        close(2),
        finished("refusal"),
        counted,
        END,
      ],
      ["dropped output.annotations"],
    ],
    [
      "writer-failed.sse",
      [
        START,
        openText(0),
        say(0, "Hel"),
        { type: "failed", failure: failure("rate-limited", "The model's limit is reached.", 1500) },
        END,
      ],
      [],
    ],
  ];
  test.each(rows)("%s", (name, events, losses) => {
    const { frames, lost } = write(events, counting(asked));
    expectGolden(name, bytesOf(frames));
    expect(lost).toEqual(losses);
  });
});

/** The last event's answer. */
const answerOf = (events: readonly IrEvent[]): unknown =>
  at(JSON.parse(write(events).frames.at(-1)?.data ?? ""), "response");
const types = (events: readonly IrEvent[]) => write(events).frames.map(({ event }) => event);

describe("endings", () => {
  const rows: [IrEvent, unknown, unknown][] = [
    [finished("stop"), "completed", null],
    [finished("tool-calls"), "completed", null],
    [finished("stop-sequence"), "completed", null],
    [finished("pause"), "completed", null],
    [finished("other", "odd"), "completed", null],
    [finished("length"), "incomplete", { reason: "max_output_tokens" }],
    [finished("context-length"), "incomplete", { reason: "max_output_tokens" }],
    [finished("content-filter"), "incomplete", { reason: "content_filter" }],
    [finished("refusal"), "incomplete", { reason: "content_filter" }],
  ];
  test.each(rows)("%j", (finish, status, incomplete_details) => {
    const events = [START, openText(0), say(0, "x"), close(0), finish, END];
    expect(answerOf(events)).toMatchObject({ status, incomplete_details, error: null });
    expect(types(events).at(-1)).toBe(`response.${String(status)}`);
  });

  test("a refusal that is spoken completes the answer", () => {
    const events = [START, open(0, { type: "refusal" }), say(0, "No."), close(0), finished("refusal"), END];
    expect(answerOf(events)).toMatchObject({ status: "completed" });
  });

  test("words of the vendor's own come back", () => {
    const own: IrEvent = { ...START, sourceProtocol: "responses", id: "resp_1", serviceTier: "flex" } as IrEvent;
    expect(answerOf([own, finished("other", "tired"), END])).toMatchObject({
      id: "resp_1",
      service_tier: "flex",
      status: "incomplete",
      incomplete_details: { reason: "tired" },
    });
  });

  test("no finish, no usage and no content are an answer too", () => {
    expect(types([START, END])).toEqual(["response.created", "response.in_progress", "response.completed"]);
    expect(answerOf([END])).toMatchObject({ status: "completed", output: [], model: "upstream-model" });
    // Agents ask again without end where an answer has no usage, so an estimate is made, and said to be one.
    expect(answerOf([END])).toMatchObject({ usage: { input_tokens: 7, output_tokens: 0, total_tokens: 7 } });
    expect(write([END]).lost).toEqual(["approximated usage.input_tokens", "approximated usage.output_tokens"]);
  });

  test("exactly one, and nothing after it", () => {
    const failed: IrEvent = { type: "failed", failure: failure("timeout", "Too late.") };
    for (const endings of [
      [END, END, failed],
      [failed, END, failed],
    ]) {
      const all = types([START, openText(0), say(0, "x"), ...endings, say(0, "y")]);
      expect(all.filter((type) => /completed|failed|incomplete/.test(type ?? ""))).toHaveLength(1);
      expect(all.at(-1)).toMatch(/^response\.(completed|failed)$/);
    }
  });

  const failures: [Failure, object][] = [
    [failure("timeout", "Too late."), { code: "server_error", message: "Too late." }],
    [failure("overloaded", "Busy."), { code: "server_error", message: "Busy." }],
    [failure("context-length", "Too long."), { code: "context_length_exceeded" }],
    [failure("billing", "No."), { code: "insufficient_quota" }],
    [failure("no-eligible-lane", "None."), { code: "no_eligible_lane" }],
    [failure("rate-limited", "Slow."), { code: "rate_limit_exceeded", message: "Slow." }],
    [
      failure("rate-limited", "Slow.", 1500),
      { code: "rate_limit_exceeded", message: "Slow. Please try again in 1.500s." },
    ],
    [
      {
        ...failure("rejected", "x"),
        upstream: { status: 400, code: "invalid_image", type: null, message: "Bad image.", body: null, headers: {} },
      },
      { code: "invalid_image", message: "Bad image." },
    ],
    [
      {
        ...failure("credential", "Ours."),
        upstream: { status: 401, code: "secret_code", type: null, message: "Key sk-x", body: null, headers: {} },
      },
      { code: "invalid_api_key", message: "Ours." },
    ],
  ];
  test.each(failures)("%j", (failed, error) => {
    const events: IrEvent[] = [{ type: "failed", failure: failed }];
    expect(types(events)).toEqual(["response.created", "response.in_progress", "response.failed"]);
    expect(answerOf(events)).toMatchObject({ status: "failed", error });
  });
});

describe("items", () => {
  test("a message that was overtaken goes on under its own place", () => {
    const events = [START, openText(0), say(0, "a"), openCall(1, "c1", "look"), say(0, "b"), close(1), close(0), END];
    expect(answerOf(events)).toMatchObject({
      output: [
        { type: "message", content: [{ text: "ab" }] },
        { type: "function_call", arguments: "{}" },
      ],
    });
  });

  test("texts open at the same time are parts of their own", () => {
    const events = [START, openText(0), openText(1), say(0, "a"), say(1, "b"), say(0, "c"), close(0), close(1), END];
    expect(answerOf(events)).toMatchObject({ output: [{ content: [{ text: "ac" }, { text: "b" }] }] });
  });

  test("a custom tool that was called as a function is a custom tool again", () => {
    const context = contextOf({ input: "Hi", tools: [{ type: "custom", name: "sh" }] });
    const calls = (...pieces: string[]) => {
      const events = [START, openCall(0, "c1", "sh"), ...pieces.map((piece) => args(0, piece)), close(0), END];
      const { frames } = write(events, context);
      const deltas = frames.filter(({ event }) => event === "response.custom_tool_call_input.delta");
      expect(deltas).toHaveLength(1);
      return at(JSON.parse(frames.at(-1)?.data ?? ""), "response", "output", 0);
    };
    expect(calls('{"input":"ls ', '-l\\n"}')).toMatchObject({ type: "custom_tool_call", name: "sh", input: "ls -l\n" });
    // What is not wrapped is told as it stands.
    expect(calls('{"input":"l')).toMatchObject({ input: '{"input":"l' });
    expect(calls("ls")).toMatchObject({ input: "ls" });
  });

  test("a call without an id gets one", () => {
    expect(answerOf([START, openCall(0, "", "look"), END])).toMatchObject({
      output: [{ call_id: expect.stringMatching(/^call_.+/) }],
    });
  });

  test("the vendor's own items come back whole, others' are lost", () => {
    const value = { type: "web_search_call", id: "ws_1", status: "completed" };
    const events = (sourceProtocol: string) => [
      START,
      open(0, { type: "opaque", sourceProtocol, name: "search", value, spelling: NO_SPELLING }),
      close(0),
      counted,
      END,
    ];
    expect(answerOf(events("responses"))).toMatchObject({ output: [value] });
    expect(answerOf(events("elsewhere"))).toMatchObject({ output: [] });
    expect(write(events("elsewhere")).lost).toEqual(["dropped output.search"]);
  });

  test("only one answer is given, and log probabilities of another form are lost", () => {
    const second: IrEvent = { type: "block-start", block: 0, choice: 1, content: { type: "text" } };
    const odd: IrEvent = { type: "text-delta", block: 1, text: "x", logprobs: { content: [] } };
    const { lost } = write([START, second, say(0, "a"), openText(1), odd, counted, END]);
    expect(lost).toEqual(["dropped choices[1]", "dropped logprobs"]);
  });

  test("an answer longer than can be repeated fails", () => {
    const long = "x".repeat(8 * 1024 * 1024);
    const events = [START, openText(0), ...Array.from({ length: 5 }, () => say(0, long)), END];
    const writer = responses.payload.createStreamWriter(CONTEXT);
    const ends = events.flatMap((event) => writer.push(event).map(({ event: type }) => type));
    expect(ends.at(-1)).toBe("response.failed");
  });
});

test("every event is numbered, and every delta names its item and place", () => {
  const events = [START, openText(0), say(0, "a"), close(0), openCall(1, "c1", "look"), args(1, "{}"), close(1), END];
  const frames = write(events).frames.map(({ data }) => JSON.parse(data) as unknown);
  expect(frames.map((each) => at(each, "sequence_number"))).toEqual(frames.map((_, index) => index));
  const output = asArray(at(frames.at(-1), "response", "output")) ?? [];
  for (const each of frames.filter((one) => at(one, "item_id") !== undefined)) {
    expect(at(output[Number(at(each, "output_index"))], "id")).toBe(at(each, "item_id"));
  }
});

test("signs of life need no event of their own", () => {
  expect(write([{ type: "keep-alive" }]).frames).toEqual([]);
  const loss: IrEvent = { type: "loss", loss: { field: "x", how: "dropped", detail: "y" } };
  expect(write([START, loss]).frames).toHaveLength(2);
});
