// Where gateways are known to break, one named row each: shown here in wire words, or held by a test elsewhere that the
// row names. A row that is missing fails, and so does a row whose test is gone.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { failure } from "../../src/ir/failure.ts";
import { inputTokens } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { featuresOfProtocol } from "../corpus/features/index.ts";
import { contextFor } from "../corpus/translate.ts";
import {
  args,
  assistant,
  call,
  close,
  counted,
  END,
  finished,
  functionTool,
  image,
  interjection,
  openCall,
  openText,
  reasoning,
  request,
  response,
  result,
  say,
  start,
  text,
  tool,
  user,
} from "../harness/builders.ts";
import { ALL, answerTo, echoed, eventsToClient, sentTo, speaking, toClient, toLane } from "../harness/crossing.ts";
import { said, USAGE, VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";

type Mark = keyof typeof PROTOCOLS | "gemini" | "bedrock" | "cohere";

interface Row {
  readonly title: string;
  /** Protocols it is about; "all": every one of the table. */
  readonly protocols: readonly Mark[] | "all";
  /** Shown here. */
  readonly shows?: () => void;
  /** Or by tests elsewhere: file below test/, and words of the test's name. */
  readonly heldBy?: readonly (readonly [file: string, words: string])[];
  /** Or by nothing yet: what is missing, and what it needs. A row that is built loses this. */
  readonly missing?: string;
}

const IDS = ALL.map(({ id }) => id);
const has = (id: string): boolean => Object.hasOwn(PROTOCOLS, id);
/** Every pair of two different protocols. */
const PAIRS = IDS.flatMap((client) => IDS.flatMap((lane) => (client === lane ? [] : [[client, lane] as const])));
const WEATHER = functionTool("get_weather");
const ASKED = user(text("Weather?"));

function frames(lane: string, over: Parameters<typeof said>[0] = {}): readonly string[] {
  return wordsOf(lane).frames(said(over));
}

/** Lanes whose words stand in vendor-words.ts as text. */
const WORDED = VENDOR_WORDS.map(({ protocol }) => protocol).filter(
  (id) => typeof wordsOf(id).frames(said())[0] === "string",
);

const PITFALLS: Readonly<Record<number, Row>> = {
  1: {
    title: "a stream that has finished and neither ends nor closes is closed within the grace time, legally",
    protocols: "all",
    heldBy: [["exchange/commit.test.ts", "a vendor that neither ends nor closes after its last word"]],
  },
  2: {
    title: "an upstream that ends before its ending is a failure in the client's own words",
    protocols: "all",
    shows() {
      for (const lane of WORDED) {
        const cut = frames(lane)
          .slice(0, wordsOf(lane).handshakeFrames + 1)
          .join("");
        for (const client of IDS) {
          const seen = toClient(lane, client, cut);
          expect([client, lane, seen.endings]).toEqual([client, lane, ["failed"]]);
        }
        if (lane === "responses") continue;
        expect(toClient(lane, "responses", cut).text).toContain("event: response.failed");
      }
      const cut = frames("openai").slice(0, 2).join("");
      expect(toClient("openai", "anthropic", cut).text).toContain("event: error");
      expect(toClient("anthropic", "openai", frames("anthropic").slice(0, 4).join("")).text).toMatch(
        /data: \{"error":/,
      );
    },
  },
  3: {
    title: "an error event in a Responses stream is response.failed, with the same code",
    protocols: ["responses"],
    shows() {
      const error = `event: error\ndata: {"type":"error","sequence_number":4,"code":"server_is_on_fire","message":"It burns.","param":null}\n\n`;
      const broken = `${frames("responses").slice(0, 6).join("")}${error}`;
      const seen = toClient("responses", "responses", broken);
      expect(seen.text).toContain("event: response.failed");
      expect(seen.failure?.upstream).toMatchObject({ code: "server_is_on_fire", message: "It burns." });
      for (const client of IDS) expect(toClient("responses", client, broken).endings).toEqual(["failed"]);
    },
  },
  4: {
    title: "response.incomplete is an answer cut at the limit, with its usage",
    protocols: ["responses"],
    shows() {
      for (const client of IDS) {
        const { response, endings } = toClient("responses", client, frames("responses", { finish: "length" }).join(""));
        expect([client, endings, response.choices[0]?.finish?.reason]).toEqual([client, ["end"], "length"]);
      }
      const { usage } = toClient("responses", "anthropic", frames("responses", { finish: "length" }).join("")).response;
      expect(usage?.outputTokens).toBe(USAGE.output);
    },
  },
  5: {
    title: "an overload inside a 200 is served by the next lane, and the client sees one stream",
    protocols: "all",
    heldBy: [
      ["exchange/commit.test.ts", "the client sees only the second lane's stream"],
      ["e2e/sdk.test.ts", "an overload inside a 200 is never seen"],
    ],
  },
  6: {
    title: "a ping keeps the connection alive and makes no chunk of its own",
    protocols: ["anthropic", "openai", "responses", "gemini", "bedrock", "cohere"],
    shows() {
      const events = [
        start(),
        { type: "keep-alive" } as const,
        openText(0),
        say(0, "Hi."),
        close(0),
        finished("stop"),
        END,
      ];
      for (const client of IDS) {
        const quiet = eventsToClient(
          client,
          events.filter(({ type }) => type !== "keep-alive"),
        );
        const seen = eventsToClient(client, events);
        expect(seen.response).toEqual(quiet.response);
        if (client === "openai") expect(seen.text).toBe(quiet.text);
      }
    },
  },
  7: {
    title: "a stream cut at every byte, with any line end, reads the same",
    protocols: "all",
    heldBy: [
      ["protocols/conformance.test.ts", "cut into two at every byte, it reads the same"],
      ["protocols/conformance.test.ts", "byte by byte, with every line end, it reads the same"],
    ],
  },
  8: {
    title: "an AWS event stream: prelude cut, bad checksum, two messages in one read",
    protocols: ["bedrock"],
    heldBy: [["protocols/framing/event-stream.test.ts", ""]],
  },
  9: {
    title: "a client that leaves in the middle closes the upstream, and what was used is settled once",
    protocols: "all",
    heldBy: [
      ["exchange/records.test.ts", "a client that leaves in the middle of a stream is one record with what was seen"],
      ["e2e/faults.test.ts", "an abort in the middle of a stream stops"],
      ["e2e/wire.test.ts", "the vendor's connection goes too"],
    ],
  },
  10: {
    title: "a model that thinks in silence keeps its client",
    protocols: "all",
    heldBy: [["protocols/conformance.test.ts", "heartbeats say nothing but that it is alive"]],
  },
  11: {
    title: "a refusal that calls itself an event stream is a refusal",
    protocols: "all",
    heldBy: [["regress/refused-as-stream.test.ts", "a refusal typed as an event stream is told as a refusal"]],
  },
  12: {
    title: "no stale content-encoding or content-length reaches a client",
    protocols: "all",
    heldBy: [
      ["exchange/relay.test.ts", "of the vendor's headers only the allow-list comes back"],
      ["exchange/records.test.ts", "content-encoding"],
    ],
  },
  13: {
    title: "two calls interleaved by index open and close one after the other, with their ids",
    protocols: ["openai", "anthropic"],
    shows() {
      const delta = (inner: string): string =>
        `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":${inner},"finish_reason":null}]}\n\n`;
      const piece = (index: number, said: string): string =>
        delta(`{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(said)}}}]}`);
      const open = (index: number, id: string): string =>
        delta(
          `{"tool_calls":[{"index":${index},"id":"${id}","type":"function","function":{"name":"f","arguments":""}}]}`,
        );
      const stream = [
        ...[open(0, "call_a"), open(1, "call_b"), piece(0, '{"a"'), piece(1, '{"b"'), piece(0, ":1}"), piece(1, ":2}")],
        'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
        "data: [DONE]\n\n",
      ].join("");
      for (const client of IDS) {
        const calls = toClient("openai", client, stream).response.choices[0]?.blocks ?? [];
        expect(
          calls.map((each) => (each.type === "tool-call" ? [each.name, JSON.parse(each.arguments)] : each)),
        ).toEqual([
          ["f", { a: 1 }],
          ["f", { b: 2 }],
        ]);
      }
      const seen = toClient("openai", "anthropic", stream).text;
      expect(
        [...seen.matchAll(/"type":"(content_block_(?:start|stop))","index":(\d)/g)].map(
          ([, what, at]) => `${what} ${at}`,
        ),
      ).toEqual([
        ...["content_block_start 0", "content_block_stop 0", "content_block_start 1", "content_block_stop 1"],
      ]);
      expect(seen).toContain('"id":"call_a"');
    },
  },
  14: {
    title: "results in messages of their own are one user turn",
    protocols: ["openai", "anthropic", "gemini", "bedrock"],
    shows() {
      const { body } = toLane("openai", "anthropic", {
        model: "m",
        messages: [
          { role: "user", content: "Go." },
          {
            role: "assistant",
            content: null,
            tool_calls: ["a", "b"].map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
          },
          { role: "tool", tool_call_id: "a", content: "1" },
          { role: "tool", tool_call_id: "b", content: "2" },
        ],
        tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      });
      expect(rolesOf(body, "messages")).toEqual(["user", "assistant", "user"]);
      for (const [lane, member, roles] of [
        ["gemini", "contents", ["user", "model", "user"]],
        ["bedrock", "messages", ["user", "assistant", "user"]],
      ] as const) {
        if (has(lane)) expect(rolesOf(twoResults(lane), member)).toEqual([...roles]);
      }
    },
  },
  15: {
    title: "a call with empty arguments, or with all of them in one piece at the end, is one object",
    protocols: "all",
    shows() {
      for (const client of IDS) {
        for (const [given, wanted] of [
          [[], {}],
          [[""], {}],
          [['{"a":1}'], { a: 1 }],
        ] as const) {
          const pieces = given.map((each) => args(0, each));
          const events = [start(), openCall(0, "call_1", "f"), ...pieces, close(0), finished("tool-calls"), END];
          const [block] = eventsToClient(client, events).response.choices[0]?.blocks ?? [];
          expect([client, block?.type === "tool-call" ? JSON.parse(block.arguments || "{}") : block]).toEqual([
            client,
            wanted,
          ]);
        }
      }
    },
  },
  16: {
    title: "an id that is too long or has odd characters is made legal, unique, and the same in both halves",
    protocols: "all",
    shows() {
      const odd = ["call:weird/id with spaces.1", "x".repeat(90), "y".repeat(90), "ä"];
      const given = request({
        tools: [WEATHER],
        turns: [
          ASKED,
          assistant(...odd.map((id) => call(id, "get_weather", "{}"))),
          tool(...odd.map((id) => result(id, [text("ok")]))),
        ],
      });
      for (const lane of IDS) {
        const { turns } = sentTo("openai", lane, given).request;
        const blocks = turns.flatMap((turn) => turn.blocks);
        const calls = blocks.flatMap((block) => (block.type === "tool-call" ? [block.id] : []));
        expect([lane, new Set(calls).size]).toEqual([lane, odd.length]);
        expect(blocks.flatMap((block) => (block.type === "tool-result" ? [block.callId] : []))).toEqual(calls);
        if (lane === "anthropic" || lane === "bedrock")
          for (const id of calls) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }
    },
  },
  17: {
    title: "every tool choice, and one call at a time, over every pair, or a loss that says so",
    protocols: "all",
    shows() {
      const choices = [
        { kind: "auto" },
        { kind: "none" },
        { kind: "required" },
        { kind: "tool", name: "get_weather" },
      ] as const;
      for (const [client, lane] of PAIRS) {
        for (const toolChoice of choices) {
          const given = request({ tools: [WEATHER], toolChoice });
          const { request: seen, losses } = sentTo(client, lane, given);
          // What this client's protocol has no word for, it cannot ask.
          const asked = sentTo(client, client, given).request.toolChoice?.kind ?? "auto";
          const isSaid = losses.some(({ field }) => field === "tool_choice");
          expect([client, lane, isSaid ? asked : (seen.toolChoice?.kind ?? "auto")]).toEqual([client, lane, asked]);
        }
        const { request: seen, losses } = sentTo(client, lane, request({ tools: [WEATHER], parallelToolCalls: false }));
        const asked = sentTo(client, client, request({ tools: [WEATHER], parallelToolCalls: false })).request
          .parallelToolCalls;
        const isTold = losses.length > 0 || seen.parallelToolCalls === asked;
        expect([client, lane, isTold]).toEqual([client, lane, true]);
      }
    },
  },
  18: {
    title: "a forced choice of a tool that the lane does not have is a loss, never a refusal by the vendor",
    protocols: ["anthropic", "responses"],
    shows() {
      const search = { type: "web_search_20250305", name: "web_search" };
      const choice = { type: "tool", name: "web_search" };
      for (const lane of IDS.filter((id) => id !== "anthropic")) {
        const body = {
          model: "m",
          max_tokens: 9,
          messages: [{ role: "user", content: "x" }],
          tools: [search],
          tool_choice: choice,
        };
        const { request: seen, losses } = toLane("anthropic", lane, body);
        expect([lane, seen.toolChoice, seen.tools]).toEqual([lane, null, []]);
        expect(losses.map(({ field }) => field)).toContain("tool_choice");
      }
      const { request: seen } = toLane("responses", "anthropic", {
        model: "m",
        input: "x",
        tools: [{ type: "web_search" }],
        tool_choice: { type: "web_search" },
      });
      expect([seen.toolChoice, seen.tools]).toEqual([null, []]);
    },
  },
  19: {
    title: "namespaces of tools are flat for others and come back as namespaces",
    protocols: ["responses"],
    heldBy: [
      ["protocols/responses/request-reader.test.ts", "a namespace becomes flat tools"],
      ["protocols/responses/sdk.test.ts", "calls keep their places, ids, namespaces and arguments"],
    ],
  },
  20: {
    title: "a history with calls and no tools gets the tools its vendor demands",
    protocols: ["anthropic", "bedrock"],
    shows() {
      const given = request({
        turns: [ASKED, assistant(call("call_1", "f", "{}")), tool(result("call_1", [text("1")]))],
      });
      for (const lane of ["anthropic", "bedrock"].filter(has)) {
        const { request: seen } = sentTo("openai", lane, given);
        expect([lane, seen.tools.map((each) => each.name)]).toEqual([lane, ["f"]]);
      }
    },
  },
  21: {
    title: "neighbours of one role, and instructions in the middle, are merged or moved where roles must alternate",
    protocols: ["anthropic", "bedrock", "gemini"],
    shows() {
      const given = request({
        turns: [user(text("One.")), user(text("Two.")), interjection("system", "Be formal."), user(text("Three."))],
      });
      for (const [lane, member] of [
        ["anthropic", "messages"],
        ["bedrock", "messages"],
        ["gemini", "contents"],
      ] as const) {
        if (!has(lane)) continue;
        const { body, text: wire } = sentTo("openai", lane, given);
        expect([lane, rolesOf(body, member)]).toEqual([lane, ["user"]]);
        for (const words of ["One.", "Two.", "Three.", "Be formal."]) expect(wire).toContain(words);
      }
    },
  },
  22: {
    title: "an assistant turn of null, nothing or an empty list is no blank text for any lane",
    protocols: "all",
    shows() {
      for (const content of [null, "", []]) {
        const messages = [
          { role: "user", content: "x" },
          { role: "assistant", content },
          { role: "user", content: "y" },
        ];
        for (const lane of IDS.filter((id) => id !== "openai")) {
          const { text: wire } = toLane("openai", lane, { model: "m", messages });
          expect([lane, /"text":\s*""|"content":\s*(null|""|\[\])|"parts":\s*\[\]/.test(wire)]).toEqual([lane, false]);
        }
      }
    },
  },
  23: {
    title: "results that hold images, empty names and nested JSON survive",
    protocols: ["gemini", "bedrock", "anthropic"],
    shows() {
      const nested = '{"":"empty name","deep":[{"a":null}]}';
      for (const lane of ["anthropic", "gemini", "bedrock"].filter(has)) {
        const given = request({
          tools: [WEATHER],
          turns: [
            ASKED,
            assistant(call("call_1", "get_weather", '{"":{"x":[]}}')),
            tool(result("call_1", [text(nested), image()])),
          ],
        });
        const { text: wire } = sentTo("anthropic", lane, given);
        expect([lane, wire.includes("empty name"), wire.includes("iVBORw0KGgo")]).toEqual([lane, true, true]);
        expect(wire).toMatch(/"":\{"x":\[\]\}/);
      }
    },
  },
  24: {
    title: "replayed items with members of the answer are cleaned for another lane",
    protocols: ["responses"],
    shows() {
      const input = [
        { role: "user", content: "x" },
        {
          type: "function_call",
          role: "assistant",
          status: "completed",
          id: "call_9",
          call_id: "call_9",
          name: "f",
          arguments: "{}",
        },
        { type: "function_call_output", call_id: "call_9", output: "1", status: "completed" },
      ];
      for (const lane of IDS.filter((id) => id !== "responses")) {
        const { text: wire, losses } = toLane("responses", lane, { model: "m", input, tools: [] });
        expect([lane, wire.includes("completed"), losses.filter(({ field }) => field !== "tools")]).toEqual([
          lane,
          false,
          [],
        ]);
      }
    },
  },
  25: {
    title: "thinking, calls and results replayed to the lane they came from are what they were",
    protocols: ["anthropic"],
    heldBy: [
      ["protocols/round-trip.test.ts", "everything modelled"],
      ["exchange/relay.test.ts", "request bytes survive"],
    ],
  },
  26: {
    title: "a signature goes back through any client to its own vendor whole, and to no other",
    protocols: "all",
    shows() {
      for (const issuer of IDS) {
        const sealed = { issuer, value: "U0VBTEVE" };
        for (const block of [reasoning("Hmm.", { signature: sealed }), reasoning("", { encrypted: sealed })]) {
          const answer = response([block, text("So.")], { sourceProtocol: issuer });
          for (const client of IDS) {
            for (const lane of IDS.filter((each) => each !== issuer)) {
              const seen = echoed(answer, { from: issuer, client, lane }).text;
              expect([issuer, client, lane, seen.includes("U0VBTEVE")]).toEqual([issuer, client, lane, false]);
            }
            // What its own client was given, the vendor gets back; other clients hold it where they have a place.
            const own = echoed(answer, { from: issuer, client: issuer, lane: issuer }).text.includes("U0VBTEVE");
            const holds = own && featuresOfProtocol(client)["reasoning-signatures"].carried !== "no";
            const home = echoed(answer, { from: issuer, client, lane: issuer }).text;
            expect([issuer, client, home.includes("U0VBTEVE"), home.includes("rm:")]).toEqual([
              issuer,
              client,
              holds,
              false,
            ]);
          }
        }
      }
    },
  },
  27: {
    title: "redacted thinking goes through a Responses client and back to its issuer",
    protocols: ["anthropic", "responses"],
    shows() {
      const redacted = reasoning("", { encrypted: { issuer: "anthropic", value: "UkVEQUNURUQ=" } });
      const answer = response([redacted, text("So.")], { sourceProtocol: "anthropic" });
      const { text: wire } = echoed(answer, { from: "anthropic", client: "responses", lane: "anthropic" });
      expect(wire).toContain('{"type":"redacted_thinking","data":"UkVEQUNURUQ="}');
    },
  },
  28: {
    title: "Gemini's text with a signature stays text, and an empty text keeps its signature",
    protocols: ["gemini"],
    shows() {
      for (const client of IDS.filter((id) => has("gemini") && id !== "gemini")) {
        const parts = [
          { text: "So.", thoughtSignature: "R0VNSU5J" },
          { text: "", thoughtSignature: "R0VNSU5J" },
        ];
        const body = {
          candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }],
          modelVersion: "m",
        };
        const { choices } = answerTo("gemini", client, body);
        const texts = (choices[0]?.blocks ?? []).flatMap((block) => (block.type === "text" ? [block.text] : []));
        expect([client, texts.join("")]).toEqual([client, "So."]);
      }
    },
  },
  29: {
    title: "reasoning text that a vendor wants back is passed on by its own clients, and a loss where it cannot be",
    protocols: ["openai"],
    shows() {
      const messages = [
        { role: "user", content: "x" },
        { role: "assistant", content: "a", reasoning_content: "hmm" },
        { role: "user", content: "y" },
      ];
      expect(toLane("openai", "openai", { model: "m", messages }).text).toContain('"reasoning_content":"hmm"');
      const thought = { type: "thinking", thinking: "hmm", signature: "c2ln" };
      const { losses } = toLane("anthropic", "openai", {
        model: "m",
        max_tokens: 9,
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [thought, { type: "text", text: "a" }] },
          { role: "user", content: "y" },
        ],
      });
      expect(losses).toEqual([
        { field: "messages[1].content[0]", how: "dropped", detail: "the provider takes no reasoning back" },
      ]);
    },
  },
  30: {
    title: "a budget below the least, and an effort nobody knows, are adjusted and said",
    protocols: "all",
    shows() {
      const budget = { mode: "enabled", effort: null, budgetTokens: 100, display: null } as const;
      const small = sentTo("anthropic", "openai", request({ maxOutputTokens: 4_096, reasoning: budget }));
      expect(small.losses.map(({ field }) => field)).toEqual(["reasoning"]);
      const effort = { mode: null, effort: "xhigh", budgetTokens: null, display: null } as const;
      const odd = sentTo("openai", "anthropic", request({ maxOutputTokens: 40_000, reasoning: effort }));
      expect(odd.losses.map(({ field }) => field)).toContain("reasoning_effort");
    },
  },
  31: {
    title: "a conversation with sealed reasoning goes back to the key that sealed it",
    protocols: "all",
    heldBy: [["routing/affinity.test.ts", "when one goes, only its own sessions move"]],
  },
  32: {
    title: "one call counts the same, whichever protocol tells of it",
    protocols: "all",
    shows() {
      for (const { protocol, body } of VENDOR_WORDS) {
        const { usage } = speaking(protocol).payload.readResponse(JSON.parse(body(said()))).value;
        if (usage === null) throw new Error(`${protocol} told no usage`);
        const { fresh, cacheRead, output } = USAGE;
        expect([protocol, inputTokens(usage), usage.cacheReadTokens, usage.outputTokens]).toEqual([
          protocol,
          fresh + cacheRead,
          cacheRead,
          output,
        ]);
      }
    },
  },
  33: {
    title: "message_start has input tokens whatever the upstream, and the last event corrects them",
    protocols: ["anthropic"],
    shows() {
      for (const lane of WORDED.filter((id) => id !== "anthropic")) {
        const seen = toClient(lane, "anthropic", frames(lane).join("")).text;
        const [first = "", ...rest] = [...seen.matchAll(/"input_tokens":(\d+)/g)].map(([, count]) => count);
        expect([lane, Number(first) > 0, rest.at(-1)]).toEqual([lane, true, String(USAGE.fresh)]);
      }
    },
  },
  34: {
    title: "usage told late, or twice, is counted once",
    protocols: "all",
    shows() {
      const opening = [start(), openText(0), say(0, "Hi."), close(0)];
      for (const client of IDS) {
        const twice = [...opening, counted({ outputTokens: 3 }), finished("stop"), counted({ outputTokens: 7 }), END];
        const seen = client === "openai" ? null : eventsToClient(client, twice).response.usage?.outputTokens;
        expect([client, seen ?? 7]).toEqual([client, 7]);
      }
    },
  },
  35: {
    title: "parallel streams never overspend a budget by more than was reserved",
    protocols: "all",
    missing: "virtual keys and budgets; the row names their test when they are built",
  },
  36: {
    title: "betas of one vendor are not sent to another",
    protocols: ["anthropic", "openai", "bedrock"],
    heldBy: [["exchange/relay.test.ts", "a lane of another protocol gets none of the client's vendor headers"]],
  },
  37: {
    title: "a coding agent's billing header stays with its own vendor",
    protocols: ["anthropic"],
    shows() {
      const header = { type: "text", text: "x-anthropic-billing-header: cc_version=2.1; cch=abc;" };
      const system = [header, { type: "text", text: "Be brief." }];
      for (const lane of IDS) {
        const body = { model: "m", max_tokens: 9, system, messages: [{ role: "user", content: "x" }] };
        const { text: wire } = toLane("anthropic", lane, body);
        expect([lane, wire.includes("billing-header"), wire.includes("Be brief.")]).toEqual([
          lane,
          lane === "anthropic",
          true,
        ]);
      }
    },
  },
  38: {
    title: "a lane that cannot count costs nothing: an estimate that says so",
    protocols: ["anthropic"],
    heldBy: [["exchange/model-list.test.ts", "is an estimate that says so, and costs the lane nothing"]],
  },
  39: {
    title: "every word of JSON Schema is taken by every lane, or said to be lost",
    protocols: "all",
    shows() {
      for (const [client, lane] of PAIRS) {
        const given = request({ tools: [functionTool("zoo", { parameters: ZOO })] });
        const { request: seen, losses } = sentTo(client, lane, given);
        expect([client, lane, seen.tools.map((each) => each.name)]).toEqual([client, lane, ["zoo"]]);
        const [zoo] = seen.tools;
        const asked = sentTo(client, client, given).request.tools[0];
        const isWhole =
          JSON.stringify(zoo?.type === "function" ? zoo.parameters : null) ===
          JSON.stringify(asked?.type === "function" ? asked.parameters : null);
        expect([client, lane, isWhole || losses.length > 0]).toEqual([client, lane, true]);
      }
      // A name that a vendor refuses comes back from its calls as the client's own.
      const odd = request({ tools: [functionTool("get-weather.now")] });
      const isKept = (id: string): boolean => sentTo(id, id, odd).request.tools[0]?.name === "get-weather.now";
      for (const [client, lane] of PAIRS.filter(([each]) => isKept(each))) {
        const { request: seen, losses } = sentTo(client, lane, odd);
        const calls = [call("call_1", seen.tools[0]?.name ?? "", "{}")];
        const body = speaking(lane).payload.writeResponse(
          response(calls, { sourceProtocol: lane }),
          contextFor(null),
        ).value;
        const [back] = answerTo(lane, client, body).choices[0]?.blocks ?? [];
        const isSaid = losses.some(({ field }) => field.startsWith("tools[0]"));
        const name = back?.type === "tool-call" ? back.name : null;
        expect([client, lane, isSaid ? "said" : name]).toEqual([client, lane, isSaid ? "said" : "get-weather.now"]);
      }
    },
  },
  40: {
    title: "a broken reload keeps serving, and streams that run keep their graph",
    protocols: "all",
    missing: "reloading; the row names its test when it is built",
  },
};

/** What real clients demand of a gateway. */
const DEMANDS: Readonly<Record<string, Row>> = {
  "1 HTTP/2 without TLS, with prior knowledge": {
    title: "the AWS client's default handler speaks it on http://",
    protocols: ["bedrock"],
    heldBy: [
      ["server/http2.test.ts", "both versions are served on one port"],
      ["harness/scripted/clients.ts", "bedrockConverse(2)"],
    ],
  },
  "2 paths raw and percent-encoded": {
    title: "model ids with colons and slashes in a path",
    protocols: ["bedrock", "gemini"],
    heldBy: [
      ["e2e/paths.test.ts", "encodeURIComponent(MODEL)"],
      ["protocols/gemini/carrier.test.ts", "upstream path"],
    ],
  },
  "3 greetings and refused upgrades": {
    title: "HEAD / and /api/hello, and 426 for a WebSocket",
    protocols: "all",
    heldBy: [
      ["server/head.test.ts", "HEAD of a client's greeting"],
      ["e2e/responses.test.ts", "426"],
    ],
  },
  "4 query strings": {
    title: "?beta=true is no other path",
    protocols: "all",
    heldBy: [["server/head.test.ts", "beta=true"]],
  },
  "5 large first requests": {
    title: "bodies of many tools and hundreds of kilobytes are read under a bound",
    protocols: "all",
    heldBy: [["server/body.test.ts", "a client that leaves in the middle of its body is recorded as gone"]],
  },
  "6 members a translator meets at once": {
    title: "adaptive thinking, edits of the context, effort, a system message in the middle: read, never refused",
    protocols: ["anthropic"],
    shows() {
      const body = {
        model: "m",
        max_tokens: 128_000,
        stream: true,
        thinking: { type: "adaptive", display: "omitted" },
        context_management: { edits: [{ type: "clear_thinking_20251015" }] },
        output_config: { effort: "medium" },
        metadata: { user_id: '{"device_id":"x"}' },
        system: [{ type: "text", text: "Be.", cache_control: { type: "ephemeral" } }],
        messages: [
          { role: "user", content: "x" },
          { role: "system", content: [{ type: "text", text: "Formal.", cache_control: { type: "ephemeral" } }] },
        ],
        tools: [
          {
            name: "f",
            input_schema: { $schema: "http://json-schema.org/draft-07/schema#", type: "object" },
            eager_input_streaming: true,
          },
        ],
      };
      for (const lane of IDS) {
        const { text: wire, request: seen } = toLane("anthropic", lane, body);
        expect([lane, wire.includes("Be."), wire.includes("Formal."), seen.tools.length]).toEqual([
          lane,
          true,
          true,
          1,
        ]);
      }
    },
  },
  "7 members in no reference": {
    title: "padding, billing and obfuscation are dropped or passed, never a failure",
    protocols: "all",
    shows() {
      // The recorded words hold `obfuscation` and `billing` already.
      for (const lane of WORDED) {
        const loud = frames(lane).map((frame) =>
          frame.replace(/data: \{/, 'data: {"p":"abc","x_unheard_of":{"a":[1]},'),
        );
        for (const client of IDS)
          expect([lane, client, toClient(lane, client, loud.join("")).endings]).toEqual([lane, client, ["end"]]);
      }
    },
  },
  "8a a terminal event": {
    title: "every client's stream ends with its own last word",
    protocols: "all",
    shows() {
      const last: Readonly<Record<string, RegExp>> = {
        anthropic: /event: message_stop\ndata: .*\n\n$/,
        responses: /event: response\.completed\ndata: .*\n\n$/,
        openai: /data: \[DONE\]\n\n$/,
        gemini: /"finishReason":"STOP"/,
        bedrock: /"stopReason":"end_turn"[\s\S]*"usage"/,
        cohere: /"type":"message-end"/,
      };
      for (const lane of WORDED) {
        for (const client of IDS)
          expect(toClient(lane, client, frames(lane).join("")).text).toMatch(last[client] ?? /^$/);
      }
    },
  },
  "8b usage in every stream": {
    title: "a client that fails without usage is told some, even by a lane that tells none",
    protocols: ["anthropic", "responses"],
    shows() {
      const silent = [start(), openText(0), say(0, "Hi."), close(0), finished("stop"), END];
      for (const client of ["anthropic", "responses"]) {
        expect(eventsToClient(client, silent).response.usage?.outputTokens).not.toBeNull();
        expect(eventsToClient(client, silent).text).toMatch(/"output_tokens":\d/);
      }
    },
  },
  "8c event lines": {
    title: "events are named where the protocol names them",
    protocols: ["anthropic", "responses"],
    shows() {
      for (const client of ["anthropic", "responses"]) {
        const { text: seen } = toClient("openai", client, frames("openai").join(""));
        const names = [...seen.matchAll(/^event: (\S+)\ndata: \{"type":"(\S+?)"/gm)].map(
          ([, name, type]) => name === type,
        );
        expect([client, names.length > 4, names.every(Boolean)]).toEqual([client, true, true]);
        expect(seen.match(/^data:/gm)?.length).toBe(names.length);
      }
    },
  },
  "8d comments as heartbeats": {
    title: "a heartbeat is no event, and Gemini's array, whose clients break on one, has none",
    protocols: ["gemini"],
    shows() {
      const array = { method: "POST", path: "", query: "", headers: {}, params: {} };
      for (const id of ["gemini"].filter(has)) expect(speaking(id).carrier.framingFor(array).keepAlive).toBeNull();
      for (const id of IDS) {
        const { framing } = speaking(id).carrier;
        expect(framing.keepAlive === null || framing.createSplitter().push(framing.keepAlive).length <= 1).toBe(true);
      }
    },
  },
  "9 retries": {
    title: "a rate limit says how long to wait, so that clients do not multiply the load",
    protocols: "all",
    heldBy: [
      ["e2e/sdk.test.ts", "trouble is the client's typed exception"],
      ["e2e/faults.test.ts", "is the client's own error"],
    ],
  },
  "10 error classes": {
    title: "status, body and headers make every client's own error class",
    protocols: "all",
    heldBy: [["e2e/faults.test.ts", "is the client's own error"]],
  },
};

const ZOO = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
  properties: {
    a: { anyOf: [{ type: "string" }, { type: "null" }] },
    b: { const: 1 },
    c: { $ref: "#/$defs/node" },
    d: { type: "string", pattern: "^(?!x).*$", format: "date" },
    e: { type: ["integer", "null"] },
  },
  additionalProperties: { type: "number" },
};

function rolesOf(body: Readonly<Record<string, unknown>>, member: string): unknown[] {
  const list = body[member];
  return Array.isArray(list) ? list.map((each: { role?: unknown }) => each.role) : [];
}

function twoResults(lane: string) {
  const given = request({
    tools: [WEATHER],
    turns: [
      ASKED,
      assistant(call("call_1", "get_weather", "{}"), call("call_2", "get_weather", "{}")),
      tool(result("call_1", [text("1")])),
      tool(result("call_2", [text("2")])),
    ],
  });
  return sentTo("openai", lane, given).body;
}

// ---------------------------------------------------------------- the tests

const ROWS: readonly (readonly [string, Row])[] = [...Object.entries(PITFALLS), ...Object.entries(DEMANDS)];
const isAbout = ({ protocols }: Row): boolean => protocols === "all" || protocols.some(has);

describe("pitfalls", () => {
  for (const [name, row] of ROWS.filter(([, each]) => each.shows !== undefined && isAbout(each))) {
    test(`${name}: ${row.title}`, () => row.shows?.());
  }

  for (const [name, row] of ROWS.filter(([, each]) => each.heldBy !== undefined && isAbout(each))) {
    test(`${name}: ${row.title} (held elsewhere)`, async () => {
      for (const [file, words] of row.heldBy ?? []) {
        const held = await Bun.file(join(import.meta.dir, "..", file)).text();
        expect([file, words, held.includes(words)]).toEqual([file, words, true]);
      }
    });
  }

  test("there is a row for each of the forty, and for each demand", () => {
    expect(Object.keys(PITFALLS).map(Number)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(Object.keys(DEMANDS).map((name) => name.split(" ")[0])).toEqual([
      ...["1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "10"],
    ]);
    expect(
      ROWS.filter(
        ([, { shows, heldBy, missing }]) => [shows, heldBy, missing].filter((each) => each !== undefined).length !== 1,
      ),
    ).toEqual([]);
  });

  test("what nothing holds yet is known, and no more than that", () => {
    const missing = ROWS.filter(([, row]) => row.missing !== undefined && isAbout(row)).map(([name]) => name);
    expect(missing).toEqual(["35", "40"]);
  });

  test("a failure has words in every protocol", () => {
    for (const client of IDS) {
      const broken = [start(), { type: "failed" as const, failure: failure("overloaded", "Try again.") }];
      expect(eventsToClient(client, broken).endings).toEqual(["failed"]);
    }
  });
});
