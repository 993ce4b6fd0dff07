// Properties over every pair of protocols: what was written is read and written again as it was; a tool loop of any shape
// keeps its ids, names, arguments and order; and a stream that ends at any byte has exactly one legal ending.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { IrEvent } from "../../src/ir/event.ts";
import { failure } from "../../src/ir/failure.ts";
import { eventsOf } from "../../src/ir/fold.ts";
import type { IrBlock, IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { WireError } from "../../src/std/wire-error.ts";
import { REQUESTS, RESPONSES, STREAMS } from "../corpus/corpus.ts";
import { overTheWire, textOf } from "../corpus/meaning.ts";
import { bodyFrom, contextFor, PAIRS, type Pair, readBack, readStream } from "../corpus/translate.ts";
import {
  assistant,
  call,
  choice,
  finish,
  functionTool,
  request,
  response,
  result,
  text,
  tool,
  user,
} from "../harness/builders.ts";
import { MAKER } from "../harness/dialects.ts";
import { judged } from "../harness/judged.ts";

/** A carrier of another protocol's bodies translates as that protocol does. */
const ALL: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id);
const WRITE = { upstreamModel: "pool", defaultMaxOutputTokens: 256, dialect: MAKER, maxOutputTokens: null };

describe("write(read(x)) is a fixed point", () => {
  for (const { client, lane, name } of PAIRS) {
    test(`requests, ${name}`, () => {
      const moved = Object.entries(REQUESTS).filter(([, given]) => {
        const read = client.payload.readRequest(bodyFrom(client, given)).value;
        const first = overTheWire(lane.payload.writeRequest(read, WRITE).value);
        const again = lane.payload.writeRequest(lane.payload.readRequest(first).value, WRITE).value;
        return textOf(first) !== textOf(overTheWire(again));
      });
      expect(moved.map(([each]) => each)).toEqual([]);
    });

    test(`answers, ${name}`, () => {
      const moved = Object.entries(RESPONSES).filter(([, given]) => {
        const body = overTheWire(lane.payload.writeResponse(given, contextFor(null)).value);
        const read = lane.payload.readResponse(body).value;
        const first = overTheWire(client.payload.writeResponse(read, contextFor(null)).value);
        const again = client.payload.writeResponse(client.payload.readResponse(first).value, contextFor(null)).value;
        return textOf(first) !== textOf(overTheWire(again));
      });
      expect(moved.map(([each]) => each)).toEqual([]);
    });
  }
});

// ---------------------------------------------------------------- tool loops

const NAMES = ["get_weather", "read_file", "f"] as const;
const TOOLS = NAMES.map((each) => functionTool(each));

interface LoopCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly result: string;
}

/** A few steps of some calls each, with words beside them or without. */
const anyLoop = fc.array(
  fc.record({
    words: fc.constantFrom("", "Let me look.", "größer \u{1f600}"),
    calls: fc.array(
      fc.record({
        name: fc.constantFrom(...NAMES),
        arguments: fc.dictionary(
          fc.constantFrom("city", "path", "n"),
          fc.oneof(fc.string(), fc.integer(), fc.boolean()),
        ),
        result: fc.constantFrom("21", "degrees: 18", '{"a":[1,{"b":null}]}', "größer"),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Ids as each vendor makes them, so that what comes back to it can be held to what it said. */
const ID_OF: Readonly<Record<string, (ordinal: number) => string>> = {
  anthropic: (ordinal) => `toolu_01AbCdEfGh${ordinal}`,
  bedrock: (ordinal) => `tooluse_AbCd-EfGh_${ordinal}`,
  cohere: (ordinal) => `get_weather_wf0rc70sq${ordinal}`,
};

/** What a lane sees of a loop: its calls with the id it gave, and the results tied to them. */
function loopSeen({ turns }: IrRequest): unknown[] {
  return turns
    .flatMap(({ blocks }) => blocks)
    .flatMap((block): unknown[] => {
      if (block.type === "tool-call") return [["call", block.id, block.name, JSON.parse(block.arguments || "{}")]];
      if (block.type !== "tool-result") return [];
      const said = block.content.map((each) => (each.type === "text" ? each.text : each.type)).join("");
      return [["result", block.callId, plain(said)]];
    });
}

/** JSON told as text may be spelled anew on a wire that holds objects. */
function plain(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

/** What the lane says, as this client hears it: whole or streamed. */
function heard({ client, lane }: Pair, said: IrResponse, isStream: boolean): IrResponse {
  if (isStream) return readBack(client, judged(readBack(lane, eventsOf(said), []).events), []).response;
  const body = overTheWire(lane.payload.writeResponse(said, contextFor(null)).value);
  const read = lane.payload.readResponse(body).value;
  return client.payload.readResponse(overTheWire(client.payload.writeResponse(read, contextFor(null)).value)).value;
}

describe("a tool loop of any shape keeps ids, names, arguments and order", () => {
  for (const pair of PAIRS) {
    for (const isStream of [false, true]) {
      test(`${pair.name}, ${isStream ? "streamed" : "whole"}`, () => {
        fc.assert(
          fc.property(anyLoop, (steps) => {
            let ordinal = 0;
            const turns: IrRequest["turns"][number][] = [user(text("Go."))];
            const wanted: unknown[] = [];
            for (const { words, calls } of steps) {
              const given = calls.map((each): LoopCall & { id: string } => {
                ordinal++;
                return { ...each, id: (ID_OF[pair.lane.id] ?? ((n) => `call_AbCdEfGh${n}`))(ordinal) };
              });
              const blocks: IrBlock[] = [
                ...(words === "" ? [] : [text(words)]),
                ...given.map((each) => call(each.id, each.name, JSON.stringify(each.arguments))),
              ];
              const said = response(blocks, {
                sourceProtocol: pair.lane.id,
                choices: [choice(blocks, { finish: finish("tool-calls") })],
              });
              const answer = heard(pair, said, isStream).choices[0]?.blocks ?? [];
              // The client runs what it heard, in the order it heard it, and sends its own history back.
              const asked = answer.flatMap((block) => (block.type === "tool-call" ? [block] : []));
              turns.push(assistant(...answer));
              turns.push(
                tool(
                  ...asked.map((each, at) => ({
                    ...result(each.id, [text(given[at]?.result ?? "?")]),
                    name: each.name,
                  })),
                ),
              );
              wanted.push(...given.map((each) => ["call", each.id, each.name, each.arguments]));
              wanted.push(...given.map((each) => ["result", each.id, plain(each.result)]));
            }
            const sent = pair.client.payload.readRequest(bodyFrom(pair.client, request({ tools: TOOLS, turns }))).value;
            const arrived = pair.lane.payload.readRequest(
              overTheWire(pair.lane.payload.writeRequest(sent, WRITE).value),
            ).value;
            const seen = loopSeen(arrived);
            expect(textOf(comparable(seen, pair))).toBe(textOf(comparable(wanted, pair)));
          }),
          { numRuns: 40, seed: 11 },
        );
      });
    }
  }
});

/** Where the lane's wire has no ids, or the client's cannot give them back, only what belongs to what is compared. */
function comparable(seen: readonly unknown[], { client, lane }: Pair): unknown[] {
  if (!WITHOUT_IDS.has(lane.id) && !WITHOUT_IDS.has(client.id)) return [...seen];
  const ordinals: unknown[] = [];
  return seen.map((each) => {
    if (!Array.isArray(each)) return each;
    const [what, id, ...rest] = each;
    if (!ordinals.includes(id)) ordinals.push(id);
    return [what, ordinals.indexOf(id), ...rest];
  });
}

const WITHOUT_IDS: ReadonlySet<string> = new Set(["gemini"]);

// ---------------------------------------------------------------- cuts

const CUT_STREAMS = ["text", "calls interleaved", "reasoning and then text", "text, then a call, then text"];

/** Events of a stream that ended behind these bytes; a WireError is a failure too: the exchange tells it as one. */
function eventsOfCut(lane: Protocol, bytes: Uint8Array): readonly IrEvent[] {
  try {
    return judged(readStream(lane, bytes).events);
  } catch (error) {
    if (error instanceof WireError) return [{ type: "failed", failure: failure("malformed", error.message) }];
    throw error;
  }
}

/** Every different thing the reader makes of a stream that is cut somewhere: most cuts come to the same. */
function cutsOf(lane: Protocol, name: string): readonly (readonly IrEvent[])[] {
  const { bytes } = readBack(lane, STREAMS[name] ?? [], []);
  const different = new Map<string, readonly IrEvent[]>();
  for (let at = 0; at <= bytes.length; at++) {
    const events = eventsOfCut(lane, bytes.slice(0, at));
    different.set(textOf(events), events);
  }
  return [...different.values()];
}

const endings = (events: readonly Pick<IrEvent, "type">[]): string[] =>
  events.flatMap(({ type }) => (type === "end" || type === "failed" ? [type] : []));

describe("a lane's stream that ends at any byte", () => {
  for (const lane of ALL) {
    const cuts = CUT_STREAMS.flatMap((name) => cutsOf(lane, name));

    test(`${lane.id}: is read with exactly one ending`, () => {
      expect(
        cuts.filter(
          (events) => endings(events).length !== 1 || endings([events.at(-1) ?? { type: "keep-alive" }]).length !== 1,
        ),
      ).toEqual([]);
      expect(cuts.filter((events) => endings(events)[0] === "failed").length).toBeGreaterThan(3);
    });

    for (const client of ALL) {
      test(`${client.id} > ${lane.id}: reaches the client with exactly one legal ending of its own`, () => {
        for (const events of cuts) {
          const back = readBack(client, events, []);
          expect(endings(back.events)).toEqual(endings(events));
        }
      });
    }
  }
});
