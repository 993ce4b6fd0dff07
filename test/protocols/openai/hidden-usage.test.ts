/** Usage asked for behind the client's back: the exact bytes that go up, and the exact bytes that come down. */
import { describe, expect, test } from "bun:test";
import { createFrameCutter } from "../../../src/protocols/framing/sse.ts";
import { hiddenUsage } from "../../../src/protocols/openai/hidden-usage.ts";
import { concatBytes, encodeUtf8 } from "../../../src/std/bytes.ts";
import { JSON_LIMITS, scanJson, splice } from "../../../src/std/json.ts";
import { expectGolden, readGolden } from "./golden.ts";

const decode = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));

function ask(body: string): string | null {
  const bytes = encodeUtf8(body);
  const scan = scanJson(bytes, JSON_LIMITS);
  return scan.kind === "ok" ? decode(splice(bytes, hiddenUsage.request(bytes, scan.members))) : null;
}

describe("the request", () => {
  const rows: [string, string, string][] = [
    [
      "no options",
      '{"model": "m",\n "stream":true }',
      '{"model": "m",\n "stream":true,"stream_options":{"include_usage":true} }',
    ],
    ["an empty body", "{}", '{"stream_options":{"include_usage":true}}'],
    ["empty options", '{"stream_options":{ },"n":1.0}', '{"stream_options":{"include_usage":true },"n":1.0}'],
    [
      "other options",
      '{"stream_options": {"include_obfuscation":false}}',
      '{"stream_options": {"include_obfuscation":false,"include_usage":true}}',
    ],
    ["asked not to", '{"stream_options":{"include_usage": false}}', '{"stream_options":{"include_usage": true}}'],
    ["null inside", '{"stream_options":{"include_usage":null}}', '{"stream_options":{"include_usage":true}}'],
    ["null options", '{"stream_options":null,"a":1}', '{"stream_options":{"include_usage":true},"a":1}'],
    ["asked already", '{"stream_options":{"include_usage":true}}', '{"stream_options":{"include_usage":true}}'],
    ["escaped name", '{"stream\\u005foptions":null}', '{"stream\\u005foptions":{"include_usage":true}}'],
    ["no object", '{"stream_options":"x"}', '{"stream_options":"x"}'],
    [
      "said twice",
      '{"stream_options":{},"stream_options":{"include_usage":false}}',
      '{"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}}',
    ],
  ];
  test.each(rows)("%s", (_, body, expected) => {
    expect(ask(body)).toBe(expected);
  });
});

describe("the stream", () => {
  const frame = (json: string) => `data: ${json}\n\n`;
  const rows: [string, string, string | null][] = [
    ["usage alone is withheld", frame('{"choices":[],"usage":{"prompt_tokens":1}}'), null],
    ["with spaces too", frame('{ "choices" : [ ], "usage" : { "prompt_tokens" : 1 } }'), null],
    ["usage null is cut", frame('{"id":"a","choices":[{}],"usage":null}'), frame('{"id":"a","choices":[{}]}')],
    ["in front", frame('{"usage": null, "id":"a"}'), frame('{"id":"a"}')],
    ["in the middle", frame('{"id":"a","usage":null,"choices":[]}'), frame('{"id":"a","choices":[]}')],
    ["beside an escape", frame('{"a":"\\n","usage":null}'), frame('{"a":"\\n"}')],
    ["said twice", frame('{"usage":null,"a":1,"usage":null}'), frame('{"a":1}')],
    ["said in two spellings, of which one reports", frame('{"\\u0075sage":{"prompt_tokens":1},"usage":null}'), "same"],
    ["alone in its object", frame('{"usage":null}'), frame("{}")],
    ["white space before the comma", frame('{"a":1 ,"usage":null}'), frame('{"a":1}')],
    ["CRLF stays", 'data: {"a":1,"usage":null}\r\n\r\n', 'data: {"a":1}\r\n\r\n'],
    ["no space after the colon", 'data:{"a":1,"usage":null}\n\n', 'data:{"a":1}\n\n'],
    [
      "a comment and an event stay",
      ': x\nevent: e\ndata: {"a":1,"usage":null}\n\n',
      ': x\nevent: e\ndata: {"a":1}\n\n',
    ],
    ["usage beside a choice is the vendor's own way", frame('{"choices":[{}],"usage":{"prompt_tokens":1}}'), "same"],
    ["the word in a text", frame('{"choices":[{"delta":{"content":"\\"usage\\":null"}}]}'), "same"],
    ["inside a choice", frame('{"choices":[{"usage":null}]}'), "same"],
    ["the end", "data: [DONE]\n\n", "same"],
    ["no JSON", 'data: {"usage":nu\n\n', "same"],
    ["usage of an odd kind", frame('{"choices":[],"usage":5}'), "same"],
    ["two data lines", 'data: {"usage":null,\ndata: "a":1}\n\n', "same"],
  ];
  test.each(rows)("%s", (_, sent, expected) => {
    expect(decode(hiddenUsage.frame(encodeUtf8(sent)))).toBe(expected === "same" ? sent : expected);
  });

  test("a whole stream is what the vendor sends who is not asked", () => {
    const cutter = createFrameCutter();
    const frames = cutter.push(encodeUtf8(readGolden("hidden-usage.upstream.sse")));
    expect(cutter.end()).toBeNull();
    const kept = frames.map((each) => hiddenUsage.frame(each)).filter((each) => each !== null);
    expectGolden("hidden-usage.client.sse", decode(concatBytes(kept)) ?? "");
  });
});
