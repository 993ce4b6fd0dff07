// The scripted vendors of the end-to-end tests are only worth something if they refuse: each takes the conversation as it
// was, and nothing of it that was bent.

import { describe, expect, test } from "bun:test";
import type { IrRequest } from "../../src/ir/request.ts";
import { asObject, type JsonObject } from "../../src/std/json.ts";
import { overTheWire } from "../corpus/meaning.ts";
import { assistant, call, functionTool, request, result, text, tool, user } from "../harness/builders.ts";
import { speaking } from "../harness/crossing.ts";
import { MAKER } from "../harness/dialects.ts";
import { DIALECTS } from "../harness/scripted/deployment.ts";
import type { Dialect } from "../harness/scripted/dialect.ts";
import { historyProblems, QUESTION, runTool, SCRIPT, silencedSteps, TOOLS } from "../harness/scripted/script.ts";

const HEADERS = {
  "anthropic-version": "2023-06-01",
  "x-api-key": "k",
  "x-goog-api-key": "k",
  authorization: "Bearer k",
};
const WRITE = { upstreamModel: "loop", defaultMaxOutputTokens: 256, dialect: MAKER, maxOutputTokens: null };

interface Bent {
  readonly results?: (results: readonly ReturnType<typeof result>[]) => readonly ReturnType<typeof result>[];
  readonly arguments?: string;
  readonly idOf?: (id: string) => string;
  readonly words?: string;
}

/** The conversation after its first step, bent or not. */
function after(dialect: Dialect, bent: Bent = {}): IrRequest {
  const [said] = SCRIPT;
  if (said === undefined) throw new Error("the script is empty");
  const ids = said.calls.map((_, index) => dialect.idOf(0, index) ?? `call_${index}`);
  const idOf = bent.idOf ?? ((id: string) => id);
  const results = said.calls.map((each, index) =>
    result(ids[index] ?? "", [text(JSON.stringify(runTool(each.name, each.arguments)))], { name: each.name }),
  );
  return request({
    tools: TOOLS.map(({ name, description, schema }) => functionTool(name, { description, parameters: schema })),
    turns: [
      user(text(QUESTION)),
      assistant(
        text(bent.words ?? said.text),
        ...said.calls.map((each, index) =>
          call(idOf(ids[index] ?? ""), each.name, bent.arguments ?? JSON.stringify(each.arguments)),
        ),
      ),
      tool(...(bent.results ?? ((list) => list))(results).map((each) => ({ ...each, callId: idOf(each.callId) }))),
    ],
  });
}

/** Everything the vendor finds wrong with the body that a lane of its protocol is sent. */
function found(dialect: Dialect, given: IrRequest, more: JsonObject = {}): string[] {
  const { payload } = speaking(dialect.protocol);
  const written = overTheWire(payload.writeRequest(given, WRITE).value);
  // Where the path says them, the carrier takes them out of the body.
  const inPath = ["gemini", "bedrock"].includes(dialect.protocol);
  const { model, stream, ...rest } = written;
  const body = { ...(inPath ? rest : written), ...more };
  const asked = {
    model: "loop",
    stream: false,
    body,
    request: {
      method: "POST",
      path: "/",
      headers: HEADERS,
      body: Buffer.alloc(0),
      gone: new Promise<void>(() => undefined),
    },
  };
  return [...dialect.problems(asked), ...historyProblems(dialect.history(body), dialect.idOf)];
}

for (const dialect of DIALECTS) {
  describe(dialect.protocol, () => {
    test("the conversation as it was is taken", () => {
      expect(found(dialect, after(dialect))).toEqual([]);
      expect(found(dialect, request({ turns: [user(text(QUESTION))] }))).toEqual([]);
    });

    const bent: readonly (readonly [string, Bent])[] = [
      [
        "a result of another call",
        { results: (list) => list.map((each, index) => ({ ...each, content: list[1 - index]?.content ?? [] })) },
      ],
      [
        "a result that says something else",
        { results: (list) => list.map((each) => ({ ...each, content: [text('{"x":1}')] })) },
      ],
      ["a missing result", { results: (list) => list.slice(0, 1) }],
      ["other arguments", { arguments: '{"city":"Rome"}' }],
      ["other words", { words: "Let me think." }],
    ];
    for (const [name, each] of bent) {
      test(`${name} is refused`, () => expect(found(dialect, after(dialect, each))).not.toEqual([]));
    }

    test("other ids are refused where the vendor gives any", () => {
      const problems = found(dialect, after(dialect, { idOf: (id) => `${id}X` }));
      expect(problems.length > 0).toBe(dialect.idOf(0, 0) !== null);
    });

    test("a member nobody knows is refused", () => {
      expect(found(dialect, after(dialect), { x_unheard_of: 1 })).not.toEqual([]);
    });

    test("words left out are not refused, and noted", () => {
      const { payload } = speaking(dialect.protocol);
      const body = overTheWire(payload.writeRequest(after(dialect, { words: "" }), WRITE).value);
      expect(found(dialect, after(dialect, { words: "" }))).toEqual([]);
      expect(silencedSteps(dialect.history(body))).toEqual([0]);
    });

    test("its own answers are read by its own protocol", () => {
      const [said] = SCRIPT;
      const calls = (said?.calls ?? []).map((each, index) => ({
        id: dialect.idOf(0, index),
        name: each.name,
        arguments: JSON.stringify(each.arguments),
      }));
      const body = asObject(JSON.parse(dialect.whole({ model: "loop", text: said?.text ?? "", calls }))) ?? {};
      const blocks = speaking(dialect.protocol).payload.readResponse(body).value.choices[0]?.blocks ?? [];
      expect(blocks.flatMap((block) => (block.type === "tool-call" ? [block.name] : []))).toEqual([
        "get_weather",
        "get_weather",
      ]);
    });
  });
}
