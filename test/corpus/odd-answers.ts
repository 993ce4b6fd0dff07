/** The corpus of answers, the richer ones: many parts, reasoning of every issuer, citations by place, usage in full. */
import type { IrEvent } from "../../src/ir/event.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import {
  args,
  call,
  choice,
  citation,
  close,
  counted,
  END,
  finish,
  finished,
  open,
  openCall,
  openReasoning,
  openText,
  reasoning,
  refusal,
  response,
  say,
  start,
  text,
  usage,
} from "../harness/builders.ts";

const ISSUERS = ["anthropic", "responses", "openai", "gemini", "bedrock", "cohere"] as const;

export const MORE_ANSWERS: Readonly<Record<string, IrResponse>> = {
  "reasoning, words and three calls": response([
    reasoning("All three."),
    text("Let me see."),
    call("call_1", "get_weather", '{"city":"Paris"}'),
    call("call_2", "get_weather", '{"city":"Oslo"}'),
    call("call_3", "get_time", '{"zone":"CET","deep":{"":[null,{"x":1.0}]}}'),
  ]),
  "two calls of one id": response([call("call_1", "now", "{}"), call("call_1", "now", '{"a":1}')]),
  "a call with an odd id": response([call("weird:id/1 with spaces", "get_weather", "{}")]),
  "a call signed by Gemini": response([
    call("call_1", "get_weather", "{}", { signature: { issuer: "gemini", value: "Z2Vt" } }),
  ]),
  ...Object.fromEntries(
    ISSUERS.flatMap((issuer) => [
      [
        `reasoning signed by ${issuer}`,
        response([reasoning("Hmm.", { signature: { issuer, value: "c2VhbGVk" } }), text("So.")]),
      ],
      [
        `reasoning encrypted by ${issuer}`,
        response([reasoning("", { encrypted: { issuer, value: "c2VhbGVk" } }), text("So.")]),
      ],
    ]),
  ),
  "a citation with its place": response([
    text("It is so.", { citations: [citation({ start: 0, end: 9 }), citation({ url: "https://two.invalid/" })] }),
  ]),
  "words and a refusal": response([text("I see."), refusal("But no.")], {
    choices: [choice([text("I see."), refusal("But no.")], { finish: finish("refusal") })],
  }),
  "audio usage": response([text("Hello.")], { usage: usage({ audioInputTokens: 5, audioOutputTokens: 3 }) }),
  "a tier of service": response([text("Hello.")], { serviceTier: "standard" }),
  "wire syntax in an answer": response([text('\n\ndata: {"x":1}\r\nevent: y\r\r')]),
  "a long answer": response([text("word ".repeat(2_000))]),
};

export const MORE_STREAMS: Readonly<Record<string, readonly IrEvent[]>> = {
  "reasoning between calls": [
    start(),
    openReasoning(0),
    say(0, "First Paris."),
    close(0),
    openCall(1, "call_1", "get_weather"),
    args(1, '{"city":"Paris"}'),
    close(1),
    openReasoning(2),
    say(2, "Then Oslo."),
    close(2),
    openCall(3, "call_2", "get_weather"),
    args(3, '{"city":"Oslo"}'),
    close(3),
    finished("tool-calls"),
    counted(),
    END,
  ],
  "arguments in single characters": [
    start(),
    openCall(0, "call_1", "get_weather"),
    ...[...'{"city":"Zürich \u{1f600}"}'].map((each) => args(0, each)),
    close(0),
    finished("tool-calls"),
    counted(),
    END,
  ],
  "text beside an open call": [
    start(),
    openCall(0, "call_1", "now"),
    args(0, "{"),
    openText(1),
    say(1, "Meanwhile."),
    args(0, "}"),
    close(0),
    close(1),
    finished("tool-calls"),
    END,
  ],
  "a refusal after words": [
    start(),
    openText(0),
    say(0, "I see."),
    close(0),
    open(1, { type: "refusal" }),
    say(1, "But no."),
    close(1),
    finished("refusal"),
    counted(),
    END,
  ],
};
