/** What the property tests of every protocol share: arbitrary bodies, blocks, requests and answers, and what holds for any stream. */
import { expect } from "bun:test";
import fc from "fast-check";
import type { IrEvent } from "../../src/ir/event.ts";
import { type IrBlock, type IrRequest, type IrTurn, NO_EXTRAS, NO_SPELLING } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import type { Payload, Protocol } from "../../src/protocols/protocol.ts";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { asObject, type JsonObject } from "../../src/std/json.ts";
import { WireError } from "../../src/std/wire-error.ts";
import { call, choice, finish, reasoning, refusal } from "./builders.ts";
import { judged } from "./judged.ts";
import { foreignRequest, foreignResponse, image, result, text, usage } from "./protocol-builders.ts";

// ---------------------------------------------------------------- streams

export function readChunks({ carrier, payload }: Protocol, chunks: readonly Uint8Array[]): IrEvent[] {
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const frames = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return judged([...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]);
}

export const isEnding = ({ type }: Pick<IrEvent, "type">): boolean => type === "end" || type === "failed";

/** Numbers, order and nesting of blocks are as ir/event.ts says; one start at most, one ending, last. */
export function expectLegalEvents(events: readonly IrEvent[]): void {
  const open = new Set<number>();
  let next = 0;
  for (const event of events) {
    if (event.type === "block-start") {
      expect(event.block).toBe(next);
      next += 1;
      open.add(event.block);
    } else if (event.type === "block-end") expect(open.delete(event.block)).toBe(true);
    else if ("block" in event) expect(open.has(event.block)).toBe(true);
  }
  expect(events.filter(({ type }) => type === "start").length).toBeLessThanOrEqual(1);
  expect(events.filter(isEnding)).toHaveLength(1);
  const last = events.at(-1);
  expect(last !== undefined && isEnding(last)).toBe(true);
  expect(last?.type === "end" ? open.size : 0).toBe(0);
}

/** Cut in two at every `step`th byte, the stream gives the same events. */
export function expectSameWhereverCut(protocol: Protocol, stream: string, step: number): void {
  const bytes = encodeUtf8(stream);
  const whole = readChunks(protocol, [bytes]);
  const told = JSON.stringify(whole);
  expectLegalEvents(whole);
  for (let cut = 1; cut < bytes.length; cut += step) {
    expect(JSON.stringify(readChunks(protocol, [bytes.subarray(0, cut), bytes.subarray(cut)]))).toBe(told);
  }
}

/** Ended at every `step`th byte before `finished`, the stream is a legal one that failed. */
export function expectCutNeverWhole(
  protocol: Protocol,
  stream: string,
  { finished, step }: { readonly finished: number; readonly step: number },
): void {
  const bytes = encodeUtf8(stream);
  for (let end = 0; end < finished; end += step) {
    const events = readChunks(protocol, [bytes.subarray(0, end)]);
    expectLegalEvents(events);
    expect(events.at(-1)?.type).toBe("failed");
  }
}

// ---------------------------------------------------------------- any bytes

/** Any JSON of these member names and words. */
export function jsonOf(names: readonly string[], words: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium", maxDepth: 6 },
      fc.constantFrom<unknown>(...words, null, 1, true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 5 }),
    ),
  })).value;
}

/** Reads any JSON as a body; what is no object stands in the given member. */
export function throwsOnlyWireError(member: string, read: (body: JsonObject) => unknown): (json: unknown) => void {
  return (json) => {
    try {
      read(asObject(json) ?? { [member]: json });
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  };
}

/** Facts, a note and error words are given of any body, at any status. */
export function factsProperty(payload: Payload, json: fc.Arbitrary<unknown>) {
  return fc.property(json, fc.integer({ min: 100, max: 599 }), (body, status) => {
    const object = { body, ...asObject(body) };
    expect(payload.readFacts(object).needs.input).toBeArray();
    expect(payload.createTap().body(object).terminal).toBe(true);
    expect(payload.readError({ status, headers: {}, json: body, text: JSON.stringify(body) }).status).toBe(status);
  });
}

// ---------------------------------------------------------------- requests and answers of any protocol

const SAID = fc.string({ maxLength: 8 });

export interface BlockInput {
  readonly idCharsMax: number;
  readonly kinds: readonly ("function" | "custom")[];
  readonly thoughts: fc.Arbitrary<IrBlock>;
}

export function anyBlock({ idCharsMax, kinds, thoughts }: BlockInput): fc.Arbitrary<IrBlock> {
  const id = fc.string({ minLength: 1, maxLength: idCharsMax });
  return fc.oneof(
    SAID.map((said): IrBlock => text(said)),
    SAID.map((said): IrBlock => refusal(said)),
    fc.constant(image()),
    fc
      .record({ id, name: SAID, args: SAID, kind: fc.constantFrom(...kinds) })
      .map(({ id: callId, name, args, kind }): IrBlock => call(callId, name, args, { kind })),
    fc.tuple(id, SAID).map(([callId, answer]) => result(callId, text(answer), image())),
    thoughts,
  );
}

export const openReasoning: fc.Arbitrary<IrBlock> = SAID.map((thought) => reasoning(thought));

export function anyRequest(block: fc.Arbitrary<IrBlock>): fc.Arbitrary<IrRequest> {
  const turn: fc.Arbitrary<IrTurn> = fc.record({
    role: fc.constantFrom<IrTurn["role"]>("user", "assistant", "tool", "system", "developer"),
    blocks: fc.array(block, { maxLength: 4 }),
    wasString: fc.boolean(),
    name: fc.constant(null),
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  });
  return fc.array(turn, { maxLength: 5 }).map((turns) => foreignRequest({ turns }));
}

export function anyResponse(block: fc.Arbitrary<IrBlock>): fc.Arbitrary<IrResponse> {
  return fc
    .record({ blocks: fc.array(block, { maxLength: 4 }), spent: fc.option(fc.nat(1000), { nil: null }) })
    .map(({ blocks, spent }) => {
      return foreignResponse({
        choices: [choice(blocks, { finish: finish("stop") })],
        usage: spent === null ? null : usage({ freshInputTokens: spent, outputTokens: 1 }),
      });
    });
}
