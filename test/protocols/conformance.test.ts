// One suite over every protocol of the table: what readers, writers, taps, splitters and error maps promise by contract.
// What a protocol does not do is listed in SKIPS with its reason; nothing else is left out.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type IrEvent, isMeaningful } from "../../src/ir/event.ts";
import { FAILURES, type Failure, type FailureKind, failure } from "../../src/ir/failure.ts";
import { createAccumulator } from "../../src/ir/fold.ts";
import { NO_SPELLING } from "../../src/ir/request.ts";
import { mergeUsage, type Usage } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { AnswerContext, Frame, Protocol } from "../../src/protocols/protocol.ts";
import { concatBytes, encodeUtf8 } from "../../src/std/bytes.ts";
import { asObject, type JsonObject } from "../../src/std/json.ts";
import { Secret } from "../../src/std/secret.ts";
import { WireError } from "../../src/std/wire-error.ts";
import { REQUESTS, RESPONSES, STREAMS } from "../corpus/corpus.ts";
import { differences, meaningOfRequest, meaningOfResponse, overTheWire, textOf } from "../corpus/meaning.ts";
import { inPlace } from "../corpus/translate.ts";
import { editsInput } from "../harness/carriers.ts";
import { MAKER } from "../harness/dialects.ts";
import { judged } from "../harness/judged.ts";
import {
  ALL_WORDS,
  bytesSaid,
  errorSentence,
  said,
  type Trouble,
  WEATHER_OSLO,
  WEATHER_PARIS,
} from "../harness/vendor-words.ts";

const ALL: readonly Protocol[] = Object.values(PROTOCOLS);
const KINDS = Object.keys(FAILURES).filter((kind): kind is FailureKind => Object.hasOwn(FAILURES, kind));
const WRITE = { upstreamModel: "upstream-model", defaultMaxOutputTokens: 256, dialect: MAKER, maxOutputTokens: null };

/** Streams that end well, by corpus name; the others end in `failed`. */
const CLEAN = Object.entries(STREAMS).filter(([, events]) => events.at(-1)?.type === "end");

/** Features a protocol cannot say at all, so that reading back what was written shows nothing of them, with the reason. */
const SKIPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openai: {
    "stopped by a sequence": "says `stop` whichever sequence was met",
    "no finish": "a whole answer must name a reason",
    "reasoning adaptive": "its models decide by themselves unless they are told an effort",
  },
  responses: {
    "no finish": "a whole answer must name a reason",
    "reasoning adaptive": "its models decide by themselves unless they are told an effort",
  },
  bedrock: {
    "no finish": "a whole answer must name a reason",
    "no identity": "it names neither the answer nor the model",
    "reasoning off": "a model that thinks only when told to is told nothing",
  },
  gemini: {
    "no finish": "a client takes an answer without a reason for one that broke off",
    "a call signed by its issuer":
      "the signature is read as reasoning ahead of the call, where other protocols keep it",
    "a call signed by Gemini": "likewise",
  },
  anthropic: {
    "no finish": "a whole answer must name a reason",
    "reasoning off": "a model that thinks only when told to is told nothing",
  },
  cohere: {
    "no finish": "a whole answer must name a reason",
  },
};

function context(protocol: Protocol): AnswerContext {
  let ids = 0;
  const body = { model: "m", messages: [], max_tokens: 9, stream: true, stream_options: { include_usage: true } };
  return {
    request: protocol.payload.readRequest(body).value,
    upstreamModel: "upstream-model",
    createdMs: 1_767_225_600_000,
    newId: (length) => String(ids++).padStart(length, "0"),
    elapsedMs: () => 42,
    inputTokensEstimate: 25,
  };
}

function write(protocol: Protocol, events: readonly IrEvent[]): Frame[] {
  const writer = protocol.payload.createStreamWriter(context(protocol));
  return events.flatMap((event) => writer.push(event));
}

function bytesOf(protocol: Protocol, frames: readonly Frame[]): Uint8Array {
  const joiner = protocol.carrier.framing.createJoiner();
  return concatBytes([...frames.map((frame) => joiner.write(frame)), joiner.end()]);
}

/** Frames of these pieces of a stream; the end included. */
function split(protocol: Protocol, pieces: readonly Uint8Array[]): Frame[] {
  const splitter = protocol.carrier.framing.createSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

function read(protocol: Protocol, frames: readonly Frame[]): IrEvent[] {
  const reader = protocol.payload.createStreamReader();
  const events = frames.flatMap((frame) => reader.push(frame));
  return judged([...events, ...reader.end(), ...reader.end()]);
}

/** A WireError is a failure too: the exchange tells it as one. */
function readOrFail(protocol: Protocol, pieces: readonly Uint8Array[]): IrEvent[] {
  try {
    return read(protocol, split(protocol, pieces));
  } catch (error) {
    if (error instanceof WireError) return [{ type: "failed", failure: failure("malformed", error.message) }];
    throw error;
  }
}

const endings = (events: readonly IrEvent[]): string[] =>
  events.filter((event) => event.type === "end" || event.type === "failed").map((event) => event.type);

function endsOnce(events: readonly IrEvent[]): boolean {
  const last = events.at(-1)?.type;
  return endings(events).length === 1 && (last === "end" || last === "failed");
}

/** Order that every consumer relies on: blocks open once, deltas only into open ones, one start. */
function orderProblems(events: readonly IrEvent[]): string[] {
  const problems: string[] = [];
  const open = new Set<number>();
  let opened = 0;
  for (const event of events) {
    if (event.type === "block-start") {
      if (event.block !== opened) problems.push(`block ${event.block} opened as number ${opened}`);
      opened++;
      open.add(event.block);
    } else if (event.type === "block-end") {
      if (!open.delete(event.block)) problems.push(`block ${event.block} closed while not open`);
    } else if ("block" in event && !open.has(event.block))
      problems.push(`${event.type} into block ${event.block}, which is not open`);
  }
  if (events.filter((event) => event.type === "start").length > 1) problems.push("two starts");
  return problems;
}

for (const protocol of ALL) {
  const { payload, carrier } = protocol;
  const words = ALL_WORDS.find((each) => each.protocol === protocol.id);
  if (words === undefined) throw new Error(`test/harness/vendor-words.ts has no words for ${protocol.id}`);
  const RECORDED: Readonly<Record<string, readonly string[]>> = {
    text: words.frames(said()),
    tools: words.frames(said({ pieces: ["Looking."], tools: [WEATHER_PARIS, WEATHER_OSLO] })),
    "cut at the limit": words.frames(said({ finish: "length" })),
  };

  describe(protocol.id, () => {
    describe("streams", () => {
      for (const [name, events] of Object.entries(STREAMS)) {
        test(`${name}: written and read back, it has one ending and its blocks in order`, () => {
          const back = read(protocol, split(protocol, [bytesOf(protocol, write(protocol, events))]));
          expect(endsOnce(back)).toBe(true);
          expect(endings(back)).toEqual(endings(events));
          expect(orderProblems(back)).toEqual([]);
        });

        test(`${name}: nothing is written after the ending`, () => {
          const writer = payload.createStreamWriter(context(protocol));
          for (const event of events) writer.push(event);
          const late: IrEvent[] = [
            { type: "end" },
            { type: "text-delta", block: 0, text: "late", logprobs: null },
            { type: "failed", failure: failure("network", "late") },
            { type: "keep-alive" },
          ];
          expect(late.flatMap((event) => writer.push(event))).toEqual([]);
        });

        test(`${name}: cut after any frame, it is whole or exactly one failure`, () => {
          const frames = write(protocol, events);
          for (let kept = 0; kept < frames.length; kept++) {
            const back = read(protocol, frames.slice(0, kept));
            expect(endsOnce(back)).toBe(true);
          }
        });

        test(`${name}: a failure at any point is one legal ending that a client reads as a failure`, () => {
          for (let at = 0; at < events.length; at++) {
            const head = events.slice(0, at).filter((event) => event.type !== "failed" && event.type !== "end");
            const broken: IrEvent[] = [
              ...head,
              { type: "failed", failure: failure("overloaded", "The model is overloaded. Try again in a moment.") },
            ];
            const back = read(protocol, split(protocol, [bytesOf(protocol, write(protocol, broken))]));
            expect(endings(back)).toEqual(["failed"]);
          }
        });
      }

      for (const [name, events] of CLEAN) {
        const skipped = SKIPS[payload.id]?.[name.replace(" (whole)", "")];
        if (skipped !== undefined) continue;
        test(`${name}: what it said survives, or a loss says what did not`, () => {
          const writer = payload.createStreamWriter(context(protocol));
          const frames = events.flatMap((event) => writer.push(event));
          const given = createAccumulator();
          for (const event of events) given.push(event);
          const back = createAccumulator();
          for (const event of read(protocol, frames)) back.push(event);
          const losses = [...writer.losses, ...given.losses(), ...back.losses()];
          const changed = differences(
            meaningOfResponse(given.response()),
            meaningOfResponse(inPlace(protocol, back.response())),
          );
          const excused =
            given.response().choices[0]?.finish === null || name === "nothing at all"
              ? ["finishes", "model"]
              : name.startsWith("no identity") || words.namesModel === false
                ? ["model"]
                : [];
          expect(losses.length > 0 ? [] : changed.filter((feature) => !excused.includes(feature))).toEqual([]);
        });
      }

      for (const [name, frames] of Object.entries(RECORDED)) {
        const whole = bytesSaid(words, frames.join(""));
        const wanted = textOf(read(protocol, split(protocol, [whole])));

        test(`a vendor's ${name}: cut into two at every byte, it reads the same`, () => {
          for (let at = 0; at <= whole.length; at++) {
            const events = read(protocol, split(protocol, [whole.slice(0, at), whole.slice(at)]));
            if (textOf(events) !== wanted) expect(`cut at ${at}: ${textOf(events)}`).toBe(wanted);
          }
          expect(endings(read(protocol, split(protocol, [whole])))).toEqual(["end"]);
        }, 30_000);

        test(`a vendor's ${name}: byte by byte, with every line end, it reads the same`, () => {
          for (const lineEnd of words.isBinary === true ? ["\n"] : ["\n", "\r\n", "\r"]) {
            const bytes = bytesSaid(words, frames.join("").replaceAll("\n", lineEnd));
            const events = read(
              protocol,
              split(
                protocol,
                [...bytes].map((byte) => Uint8Array.of(byte)),
              ),
            );
            expect(textOf(events)).toBe(wanted);
          }
        });

        test(`a vendor's ${name}: ended at any byte, it is whole or exactly one failure, never silence`, () => {
          for (let at = 0; at < whole.length; at++) {
            const events = readOrFail(protocol, [whole.slice(0, at)]);
            if (!endsOnce(events)) expect(`ended at ${at}: ${endings(events).join()}`).toBe("one ending");
          }
          // And no cut before the vendor's finish passes for a whole answer.
          const beforeFinish = frames.slice(0, words.handshakeFrames + 1).join("");
          expect(endings(readOrFail(protocol, [bytesSaid(words, beforeFinish)]))).toEqual(["failed"]);
        });

        test(`a vendor's ${name}: the cutter keeps every byte and cuts where the splitter does`, () => {
          for (const size of [1, 3, 17, 1_000_000]) {
            const cutter = carrier.framing.createCutter();
            const pieces: Uint8Array[] = [];
            for (let at = 0; at < whole.length; at += size) pieces.push(...cutter.push(whole.slice(at, at + size)));
            const rest = cutter.end();
            const kept = concatBytes(rest === null ? pieces : [...pieces, rest]);
            expect(Buffer.from(kept).equals(Buffer.from(whole))).toBe(true);
            expect(pieces.map((piece) => split(protocol, [piece]).length)).toEqual(frames.map(() => 1));
          }
        });

        test(`a vendor's ${name}: the tap sees what the reader reads`, () => {
          const tap = payload.createTap();
          const reader = payload.createStreamReader();
          let isSettled = false;
          const [firstSeen, firstTold]: [boolean[], boolean[]] = [[], []];
          let seen: { usage: Usage | null; model: string | null; finish: string | null } = {
            usage: null,
            model: null,
            finish: null,
          };
          let told: typeof seen = { usage: null, model: null, finish: null };
          for (const frame of split(protocol, [whole])) {
            const note = tap.frame(frame);
            const events = reader.push(frame);
            seen = {
              usage: mergeUsage(seen.usage, note.usage),
              model: seen.model ?? note.model,
              finish: note.finish ?? seen.finish,
            };
            for (const event of events) {
              if (event.type === "usage") told = { ...told, usage: mergeUsage(told.usage, event.usage) };
              if (event.type === "start") told = { ...told, model: told.model ?? event.model };
              if (event.type === "finish") told = { ...told, finish: event.finish.raw };
            }
            firstSeen.push(note.meaningful);
            firstTold.push(events.some(isMeaningful));
            isSettled ||= note.settled;
            expect([frame.data, isSettled]).toEqual([frame.data, reader.settled]);
            expect(note.failure).toBeNull();
          }
          // Where no frame ends the stream, its end does.
          for (const event of reader.end()) if (event.type === "finish") told = { ...told, finish: event.finish.raw };
          expect(firstSeen.indexOf(true)).toBe(firstTold.indexOf(true));
          expect(seen).toEqual(told);
          expect(seen.usage?.outputTokens).toBe(7);
        });
      }

      test("an error in a stream: tap and reader tell the same of it", () => {
        for (const trouble of ["overloaded", "rate-limited", "server-error", "context-length", "credential"] as const) {
          const frames = split(protocol, [
            bytesSaid(
              words,
              [...words.frames(said()).slice(0, words.handshakeFrames), words.errorFrame(trouble)].join(""),
            ),
          ]);
          const last = frames.at(-1);
          if (last === undefined) throw new Error("no frames");
          const tap = payload.createTap();
          const notes = frames.map((frame) => tap.frame(frame));
          const told = notes.at(-1)?.failure;
          const events = read(protocol, frames);
          const failed = events.find((event) => event.type === "failed");
          expect(told?.message).toBe(errorSentence(words.error(trouble).body));
          expect(failed?.type === "failed" ? failed.failure.upstream?.message : null).toBe(told?.message ?? "");
          expect(notes.slice(0, -1).every((note) => note.failure === null)).toBe(true);
        }
      });

      test("any frames give events with one ending, or a WireError; the tap never throws another", () => {
        const recorded = split(protocol, [bytesSaid(words, Object.values(RECORDED).flat().join(""))]);
        const word = fc.oneof(fc.constantFrom(...recorded.map((frame) => frame.data)), fc.json(), fc.string());
        const anyFrame = fc.record({
          event: fc.option(fc.constantFrom("error", "x", ...recorded.flatMap((frame) => frame.event ?? []))),
          data: word,
        });
        fc.assert(
          fc.property(fc.array(anyFrame, { maxLength: 30 }), (frames) => {
            const tap = payload.createTap();
            for (const frame of frames) swallowWireError(() => tap.frame(frame));
            const events = swallowWireError(() => read(protocol, frames));
            return events === null || (endsOnce(events) && orderProblems(events).length === 0);
          }),
          { numRuns: 400, seed: 7 },
        );
      });

      test("frames in any order, any of them twice, still give one ending and blocks in order", () => {
        const frames = split(protocol, [bytesSaid(words, Object.values(RECORDED).flat().join(""))]);
        fc.assert(
          fc.property(fc.array(fc.constantFrom(...frames), { maxLength: 40 }), (some) => {
            const events = swallowWireError(() => read(protocol, some));
            return events === null || (endsOnce(events) && orderProblems(events).length === 0);
          }),
          { numRuns: 400, seed: 7 },
        );
      });

      test("any bytes give frames or a WireError", () => {
        fc.assert(
          fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (pieces) => {
            swallowWireError(() => split(protocol, pieces));
            const cutter = carrier.framing.createCutter();
            const cut = swallowWireError(() => {
              const parts = pieces.flatMap((piece) => cutter.push(piece));
              const rest = cutter.end();
              return rest === null ? parts : [...parts, rest];
            });
            return cut === null || Buffer.from(concatBytes(cut)).equals(Buffer.from(concatBytes(pieces)));
          }),
          { numRuns: 400, seed: 7 },
        );
      });

      test("model text cannot break out of its frame", () => {
        fc.assert(
          fc.property(
            fc.string({
              unit: fc.constantFrom("\n", "\r", "data:", "event:", ":", " ", "\u2028", "\u0000", "x", '"', "\\"),
            }),
            (text) => {
              const events: IrEvent[] = [
                {
                  type: "start",
                  sourceProtocol: "test",
                  id: text,
                  model: text,
                  createdMs: null,
                  serviceTier: null,
                  extras: {},
                  spelling: NO_SPELLING,
                },
                { type: "block-start", block: 0, choice: 0, content: { type: "text" } },
                { type: "text-delta", block: 0, text, logprobs: null },
                { type: "block-end", block: 0 },
                { type: "failed", failure: failure("rejected", text) },
              ];
              const frames = write(protocol, events);
              return split(protocol, [bytesOf(protocol, frames)]).length === frames.length;
            },
          ),
          { numRuns: 200, seed: 7 },
        );
      });
    });

    describe("requests", () => {
      for (const [name, given] of Object.entries(REQUESTS)) {
        test(`${name}: written and read back it means the same, or a loss says what does not`, () => {
          const written = payload.writeRequest(given, WRITE);
          const back = payload.readRequest(overTheWire(written.value));
          const before = meaningOfRequest({ ...given, model: WRITE.upstreamModel });
          const changed = differences(before, meaningOfRequest(back.value)).filter(
            (feature) => !(feature === "maxOutputTokens" && given.maxOutputTokens === null),
          );
          const losses = [...written.losses, ...back.losses];
          expect(losses.length > 0 || SKIPS[payload.id]?.[name] !== undefined ? [] : changed).toEqual([]);
        });

        test(`${name}: what was read is written again as it was`, () => {
          const once = overTheWire(payload.writeRequest(given, WRITE).value);
          const again = payload.writeRequest(payload.readRequest(once).value, WRITE);
          expect(textOf(again.value)).toBe(textOf(once));
          expect(again.losses).toEqual([]);
        });

        test(`${name}: the lane's name is written, and never the client's`, () => {
          expect(payload.writeRequest(given, WRITE).value["model"]).toBe("upstream-model");
        });
      }

      test("a lane's own limit is kept, and said", () => {
        const given = REQUESTS["enormous limit"];
        if (given === undefined) throw new Error("the corpus has lost a case");
        const { value, losses } = payload.writeRequest(given, { ...WRITE, maxOutputTokens: 8_000 });
        expect(payload.readRequest(overTheWire(value)).value.maxOutputTokens).toBe(8_000);
        expect(losses.map((loss) => loss.how)).toContain("clamped");
      });

      test("any JSON object is read or refused with a WireError, and its facts are always told", () => {
        const nested = fc.jsonValue({ maxDepth: 4 });
        const message = fc.oneof(
          nested,
          fc.record(
            {
              role: fc.constantFrom("user", "assistant", "tool", "system", "x"),
              content: fc.oneof(
                nested,
                fc.array(
                  fc.record(
                    {
                      type: fc.constantFrom(
                        "text",
                        "image",
                        "image_url",
                        "tool_use",
                        "tool_result",
                        "thinking",
                        "document",
                        "file",
                        "x",
                      ),
                    },
                    { requiredKeys: [] },
                  ),
                ),
              ),
            },
            { requiredKeys: [] },
          ),
        );
        const body = fc.dictionary(
          fc.constantFrom(
            "model",
            "messages",
            "max_tokens",
            "tools",
            "tool_choice",
            "stream",
            "stop",
            "stop_sequences",
            "system",
            "thinking",
            "reasoning_effort",
            "response_format",
            "n",
            "metadata",
            "x",
            "__proto__",
          ),
          fc.oneof(nested, fc.array(message)),
        );
        fc.assert(
          fc.property(body, (given) => {
            const object: JsonObject = { ...given };
            payload.readFacts(object);
            const request = swallowWireError(() => payload.readRequest(object));
            if (request !== null)
              swallowWireError(() => JSON.stringify(payload.writeRequest(request.value, WRITE).value));
            return true;
          }),
          { numRuns: 600, seed: 7 },
        );
      });

      test("every member that decides where a request goes is one whose duplicates are refused", () => {
        const looked = new Set<string>();
        for (const given of Object.values(REQUESTS)) {
          const body = overTheWire(payload.writeRequest(given, WRITE).value);
          payload.readFacts(
            new Proxy(body, {
              get: (target, name) => {
                looked.add(String(name));
                return Reflect.get(target, name);
              },
            }),
          );
        }
        expect([...looked].filter((name) => !payload.routedMembers.includes(name))).toEqual([]);
      });
    });

    describe("answers", () => {
      for (const [name, given] of Object.entries(RESPONSES)) {
        const skipped = SKIPS[payload.id]?.[name];
        if (skipped === undefined) {
          test(`${name}: written and read back it means the same, or a loss says what does not`, () => {
            const written = payload.writeResponse(given, context(protocol));
            const back = payload.readResponse(overTheWire(written.value));
            const changed = differences(meaningOfResponse(given), meaningOfResponse(back.value)).filter(
              (feature) => !(feature === "model" && (given.model === null || words.namesModel === false)),
            );
            const losses = [...written.losses, ...back.losses];
            expect(losses.length > 0 ? [] : changed).toEqual([]);
          });
        }

        test(`${name}: the tap tells of the whole body what the reader reads`, () => {
          const body = overTheWire(payload.writeResponse(given, context(protocol)).value);
          const note = payload.createTap().body(body);
          const { value } = payload.readResponse(body);
          expect(note.usage).toEqual(value.usage);
          expect(note.model).toBe(value.model);
          expect(note.finish).toBe(value.choices[0]?.finish?.raw ?? null);
          expect(note.failure).toBeNull();
          expect(note.meaningful).toBe(true);
        });
      }

      test("a vendor's own answer is read, and is no failure", () => {
        for (const over of [{}, { tools: [WEATHER_PARIS, WEATHER_OSLO] }, { pieces: [], tools: [WEATHER_PARIS] }]) {
          const body = asObject(JSON.parse(words.body(said(over))));
          if (body === undefined) throw new Error("no object");
          const { value, losses } = payload.readResponse(body);
          expect(losses).toEqual([]);
          expect(value.usage?.outputTokens).toBe(7);
          expect(payload.createTap().body(body)).toMatchObject({
            meaningful: true,
            failure: null,
            model: words.namesModel === false ? null : said().model,
          });
        }
      });

      test("any JSON object is an answer, a failure, or a WireError", () => {
        fc.assert(
          fc.property(
            fc.dictionary(
              fc.constantFrom("id", "choices", "content", "usage", "error", "type", "model", "stop_reason", "x"),
              fc.jsonValue({ maxDepth: 4 }),
            ),
            (given) => {
              const object: JsonObject = { ...given };
              payload.createTap().body(object);
              swallowWireError(() => payload.readResponse(object));
              return true;
            },
          ),
          { numRuns: 600, seed: 7 },
        );
      });
    });

    describe("errors", () => {
      const errorContext = { requestId: "req_1", path: words.path, details: true };

      for (const kind of KINDS) {
        test(`${kind} is written, with its status, in an envelope that is read back`, () => {
          const failed: Failure = {
            ...failure(kind, "It went wrong: try again.", 5_000),
            details: { tried: [], skipped: [], recoversInMs: 5_000, losses: [] },
          };
          const written = payload.writeError(failed, errorContext);
          const back = payload.readError({
            status: written.status,
            headers: written.headers,
            json: overTheWire(written.body),
            text: JSON.stringify(written.body),
          });
          expect(written.status).toBeGreaterThanOrEqual(400);
          // To a wrong credential the vendor's own sentence is the answer, so that nobody learns more from ours.
          expect(back.message).toContain(kind === "unauthenticated" ? "" : "It went wrong: try again.");
          expect(back.message).not.toBe("");
          expect(back.status).toBe(written.status);
          const same = MEANINGS[kind];
          expect(same === undefined ? "" : String(back.meaning)).toBe(same ?? "");
          // As a failure inside a stream it is read back as a failure too.
          const events = read(protocol, write(protocol, [{ type: "failed", failure: failed }]));
          expect(endings(events)).toEqual(["failed"]);
        });
      }

      test("details are left out where they are not wanted", () => {
        const failed: Failure = {
          ...failure("no-eligible-lane", "Nothing is left."),
          details: {
            tried: [
              {
                lane: "p/a/secret-lane",
                failure: "network",
                status: null,
                message: null,
                durationMs: 5,
                recoversInMs: null,
              },
            ],
            skipped: [],
            recoversInMs: null,
            losses: [],
          },
        };
        expect(JSON.stringify(payload.writeError(failed, { ...errorContext, details: false }))).not.toContain(
          "secret-lane",
        );
        expect(JSON.stringify(payload.writeError(failed, errorContext))).toContain("secret-lane");
      });

      const meanings: readonly [Trouble, string][] = [
        ["overloaded", "overloaded"],
        ["rate-limited", "rate-limited"],
        ["context-length", "context-length"],
        ["billing", "billing"],
        ["credential", "credential"],
        ["model-missing", "model-missing"],
      ];
      for (const [trouble, meaning] of meanings) {
        test(`the vendor's own ${trouble} is understood`, () => {
          const { status, body, headers = {} } = words.error(trouble);
          const back = payload.readError({ status, headers, json: JSON.parse(body), text: body });
          // A status that says it all needs no meaning of its own.
          expect([meaning, null]).toContain(back.meaning);
          expect(back.message).toBe(errorSentence(body));
        });
      }

      test("any bytes at any status give words: bounded, and never an exception", () => {
        const anyJson = fc.oneof(
          fc.constant(null),
          fc.jsonValue({ maxDepth: 5 }),
          fc.record({ error: fc.jsonValue() }),
          fc.record({ error: fc.record({ message: fc.jsonValue(), code: fc.jsonValue(), type: fc.jsonValue() }) }),
        );
        fc.assert(
          fc.property(fc.integer({ min: 200, max: 599 }), anyJson, fc.string(), (status, json, text) => {
            const back = payload.readError({ status, headers: {}, json, text });
            return (
              back.status >= 200 &&
              (back.message ?? "").length <= 2_000 &&
              (back.code === null || typeof back.code === "string")
            );
          }),
          { numRuns: 600, seed: 7 },
        );
        const long = payload.readError({
          status: 400,
          headers: {},
          json: { error: { message: "m".repeat(100_000) } },
          text: "",
        });
        expect(long.message?.length).toBeLessThanOrEqual(2_000);
      });
    });

    describe("carrier", () => {
      test("routes are well formed, belong here, and their paths are its own", () => {
        for (const route of carrier.routes) {
          expect(route.protocol).toBe(protocol.id);
          expect(route.path).toMatch(/^(\/([a-z0-9_.-]+|:[a-z]+(:[a-z]+)?))+$/i);
          const named = route.path.match(/\/:\w+/g)?.map((name) => name.slice(2)) ?? [];
          const used = route.target.from === "param" ? route.target.names : [];
          expect(used.filter((name) => !named.includes(name))).toEqual([]);
          expect(route.operation === "models" || carrier.ownsPath(route.path)).toBe(true);
        }
        expect(carrier.routes.some((route) => route.operation === "chat")).toBe(true);
        expect(carrier.routes.some((route) => route.operation === "count")).toBe(
          protocol.operations.count !== undefined,
        );
      });

      test("a credential goes into headers and nowhere else, whatever it looks like", async () => {
        for (const style of ["native", "api-key"] as const) {
          for (const passthrough of [false, true]) {
            for (const text of [
              "test-key-1",
              "sk-ant-api03-x",
              "sk-ant-oat01-x",
              " padded ",
              "line\nbreak",
              "bad\u0000byte",
              "\u65e5\u672c",
            ]) {
              const signed = await carrier.auth.sign({
                method: "POST",
                contentType: "application/json",
                url: "https://vendor.invalid/v1",
                body: [encodeUtf8("{}")],
                secret: new Secret(text),
                style,
                passthrough,
                wallMs: 0,
              });
              const names = Object.keys(signed);
              expect(
                names.filter((name) => !["authorization", "x-api-key", "x-goog-api-key", "api-key"].includes(name)),
              ).toEqual([]);
              // What no header may hold would be thrown back with the value in the message.
              expect(() => new Headers(signed)).not.toThrow();
            }
          }
        }
      });

      test("header rules are lower case and let no credential pass", () => {
        const { request, response, requestDefaults } = carrier.headers;
        const all = [...request, ...response, ...Object.keys(requestDefaults)];
        expect(all.filter((name) => name !== name.toLowerCase())).toEqual([]);
        const forbidden = [
          "authorization",
          "x-api-key",
          "api-key",
          "cookie",
          "set-cookie",
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
        ];
        expect(all.filter((name) => forbidden.includes(name))).toEqual([]);
      });

      test("a relayed body gets the lane's model, as JSON, whatever its name", () => {
        for (const name of ["plain", 'quo"te', "back\\slash", "ünicode", "a/b:c"]) {
          const edits = carrier.memberEdits(editsInput({ upstreamModel: name }));
          expect(edits["model"] === null || edits["model"] === undefined ? name : JSON.parse(edits["model"])).toBe(
            name,
          );
        }
      });

      test("heartbeats say nothing but that it is alive", () => {
        const beats = carrier.framing.keepAlive;
        const events =
          beats === null
            ? []
            : read(protocol, [...split(protocol, [beats, beats]), ...write(protocol, STREAMS["text"] ?? [])]);
        expect(events.filter((event) => event.type === "failed" || event.type === "loss")).toEqual([]);
        expect(beats === null ? 0 : events.findIndex(isMeaningful)).not.toBe(-1);
        const tap = payload.createTap();
        const notes = beats === null ? [] : split(protocol, [beats]).map((frame) => tap.frame(frame));
        expect(
          notes.filter((note) => note.meaningful || note.settled || note.terminal || note.failure !== null),
        ).toEqual([]);
      });
    });
  });
}

/** Kinds whose meaning must survive being written and read by the same protocol: another gateway of ours may stand upstream. */
const MEANINGS: Partial<Readonly<Record<FailureKind, string>>> = { "context-length": "context-length" };

describe("routes", () => {
  test("no two routes are the same, but for model lists, which two protocols share", () => {
    const routes = ALL.flatMap((protocol) => protocol.carrier.routes).filter((route) => route.operation !== "models");
    const keys = routes.map((route) => `${route.method} ${route.path.replaceAll(/\/:\w+/g, "/:x")}`);
    expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  test("a path is owned by one protocol", () => {
    for (const { path } of ALL_WORDS) expect(ALL.filter((protocol) => protocol.carrier.ownsPath(path))).toHaveLength(1);
  });
});

/** null: it threw a WireError, which is how readers refuse. */
function swallowWireError<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
