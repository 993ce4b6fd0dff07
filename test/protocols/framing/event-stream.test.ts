// AWS event streams: the vendor's own codec is the oracle; damage is told, and nothing depends on how bytes are cut.
import { describe, expect, test } from "bun:test";
import { EventStreamCodec, type MessageHeaders } from "@smithy/eventstream-codec";
import fc from "fast-check";
import {
  createMessageCutter,
  decodeMessage,
  encodeMessage,
  type HeaderValue,
  MESSAGE_BYTES_MAX,
} from "../../../src/protocols/framing/event-stream.ts";
import {
  eventStreamFraming,
  exceptionFrame,
  exceptionOf,
} from "../../../src/protocols/framing/event-stream-framing.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { concatBytes, encodeUtf8 } from "../../../src/std/bytes.ts";
import { WireError } from "../../../src/std/wire-error.ts";

const oracle = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => new Uint8Array(Buffer.from(text, "utf8")),
);
const framing = eventStreamFraming();

const headers: MessageHeaders = {
  yes: { type: "boolean", value: true },
  no: { type: "boolean", value: false },
  byte: { type: "byte", value: -5 },
  short: { type: "short", value: -3000 },
  integer: { type: "integer", value: 123456789 },
  binary: { type: "binary", value: Uint8Array.of(1, 2, 3) },
  text: { type: "string", value: "größer" },
  when: { type: "timestamp", value: new Date(1_767_225_600_000) },
  id: { type: "uuid", value: "3f1c7a52-9d0e-4b63-8a51-c2d5e6f70819" },
};

const event = (type: string, data: string): Uint8Array =>
  oracle.encode({
    headers: {
      ":event-type": { type: "string", value: type },
      ":content-type": { type: "string", value: "application/json" },
      ":message-type": { type: "string", value: "event" },
    },
    body: encodeUtf8(data),
  });

function split(pieces: readonly Uint8Array[]): Frame[] {
  const splitter = framing.createSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe("messages", () => {
  test("headers of every type are read as the vendor wrote them", () => {
    const { headers: read, payload } = decodeMessage(oracle.encode({ headers, body: encodeUtf8("{}") }));
    expect(Object.fromEntries(read)).toEqual({
      yes: { type: "boolean", value: true },
      no: { type: "boolean", value: false },
      byte: { type: "byte", value: -5 },
      short: { type: "short", value: -3000 },
      integer: { type: "integer", value: 123456789 },
      binary: { type: "binary", value: Uint8Array.of(1, 2, 3) },
      text: { type: "string", value: "größer" },
      when: { type: "timestamp", value: 1_767_225_600_000n },
      id: { type: "uuid", value: "3f1c7a52-9d0e-4b63-8a51-c2d5e6f70819" },
    });
    expect(new TextDecoder().decode(payload)).toBe("{}");
  });

  test("what is written is read back by the vendor's codec, byte for byte the same as its own", () => {
    const bytes = oracle.encode({ headers, body: encodeUtf8("größer") });
    const decoded = decodeMessage(bytes);
    expect(Buffer.from(encodeMessage(decoded)).equals(Buffer.from(bytes))).toBe(true);
  });

  test("any message survives, both ways", () => {
    const value: fc.Arbitrary<HeaderValue> = fc.oneof(
      fc.record({ type: fc.constant("string" as const), value: fc.string({ maxLength: 50 }) }),
      fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
      fc.record({ type: fc.constant("integer" as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
      fc.record({ type: fc.constant("long" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
      fc.record({ type: fc.constant("binary" as const), value: fc.uint8Array({ maxLength: 40 }) }),
    );
    const names = fc.dictionary(fc.stringMatching(/^[a-z:-]{1,20}$/), value, { maxKeys: 6 });
    fc.assert(
      fc.property(names, fc.uint8Array({ maxLength: 200 }), (some, payload) => {
        const message = { headers: new Map(Object.entries(some)), payload };
        const bytes = encodeMessage(message);
        expect(decodeMessage(bytes)).toEqual(message);
        expect(Buffer.from(oracle.decode(bytes).body).equals(Buffer.from(payload))).toBe(true);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  test("a bound on what one message may hold", () => {
    const payload = new Uint8Array(MESSAGE_BYTES_MAX);
    expect(() => encodeMessage({ headers: new Map(), payload })).toThrow(RangeError);
    const name: HeaderValue = { type: "string", value: "x".repeat(65_536) };
    expect(() => encodeMessage({ headers: new Map([["a", name]]), payload: new Uint8Array(0) })).toThrow(RangeError);
  });
});

describe("damage", () => {
  const bytes = event("messageStart", '{"role":"assistant"}');

  test("any one bit changed anywhere is told", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = Uint8Array.from(bytes);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        expect(() => split([bad])).toThrow(WireError);
      }
    }
  });

  test.each([
    ["a length below the least", 15, 0],
    ["headers longer than the message", 16, 1],
    ["a length above the bound", MESSAGE_BYTES_MAX + 1, 0],
  ])("%s", (_name, total, headerBytes) => {
    const prelude = new Uint8Array(12);
    const view = new DataView(prelude.buffer);
    view.setUint32(0, total);
    view.setUint32(4, headerBytes);
    view.setUint32(8, Bun.hash.crc32(prelude.subarray(0, 8)));
    expect(() => createMessageCutter().push(prelude)).toThrow(WireError);
  });

  test("an end inside a message", () => {
    for (const kept of [1, 11, 12, bytes.length - 1]) {
      expect(() => split([bytes.subarray(0, kept)])).toThrow("ends inside a message");
    }
  });

  test("any bytes give frames or a WireError", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 5 }), (pieces) => {
        try {
          split(pieces);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe("streams", () => {
  const all = [event("a", "{}"), event("b", `{"x":"${"y".repeat(5_000)}"}`), event("c", '{"p":"padding"}')];
  const whole = concatBytes(all);

  test("frames are the same however the bytes are cut", () => {
    const wanted = split([whole]);
    expect(wanted.map((frame) => frame.event)).toEqual(["a", "b", "c"]);
    for (const size of [1, 2, 7, 11, 12, 13, 1000, 5_100]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.slice(at, at + size));
      expect(split(pieces)).toEqual(wanted);
    }
  });

  test("a message that drips in byte by byte costs linear time", () => {
    const large = event("big", JSON.stringify("z".repeat(400_000)));
    const cutter = createMessageCutter();
    const started = performance.now();
    let cuts = 0;
    for (const byte of large) cuts += cutter.push(Uint8Array.of(byte)).length;
    expect(cuts).toBe(1);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test("an exception is told from an event, and written as the vendor's own", () => {
    const bytes = framing.createJoiner().write(exceptionFrame("throttlingException", '{"message":"slow"}'));
    const { headers: read, body } = oracle.decode(bytes);
    expect(read[":message-type"]?.value).toBe("exception");
    expect(read[":exception-type"]?.value).toBe("throttlingException");
    expect(read[":event-type"]).toBeUndefined();
    expect(Buffer.from(body).toString()).toBe('{"message":"slow"}');
    const [frame] = split([bytes]);
    expect(frame === undefined ? null : exceptionOf(frame)).toBe("throttlingException");
  });

  test("an error outside the service's model says all it has in its headers", () => {
    const bytes = oracle.encode({
      headers: {
        ":message-type": { type: "string", value: "error" },
        ":error-code": { type: "string", value: "InternalFailure" },
        ":error-message": { type: "string", value: "It broke." },
      },
      body: new Uint8Array(0),
    });
    expect(split([bytes])).toEqual([{ event: "exception:InternalFailure", data: '{"message":"It broke."}' }]);
  });

  test("no heartbeat", () => {
    expect(framing.keepAlive).toBeNull();
    expect(framing.contentType).toBe("application/vnd.amazon.eventstream");
  });
});
