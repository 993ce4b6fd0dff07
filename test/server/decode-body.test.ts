// Compressed bodies over real sockets: decoded within the bounds of what comes out, and refused where they are not sound.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import fc from "fast-check";
import { decodeBody, encodingsOf } from "../../src/server/decode-body.ts";
import { endsWithItsFrame } from "../../src/server/zstd-frames.ts";
import { BODIES_BYTES, BODY_BYTES_MAX, type FakeServer, startFake, UNKNOWN_BODIES_BYTES } from "./fake-gateway.ts";
import { openRaw, statusOf } from "./raw-client.ts";

let fake: FakeServer;
beforeEach(() => {
  fake = startFake();
});
afterEach(() => fake.server.stopNow());

type Compress = (bytes: Uint8Array) => Uint8Array;

const checked: Compress = (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const WAYS: readonly (readonly [header: string, compress: Compress])[] = [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["GZip", gzipSync],
  ["identity, gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["zstd", checked],
  ["gzip, zstd", (bytes) => zstdCompressSync(gzipSync(bytes))],
  ["br,deflate", (bytes) => deflateSync(brotliCompressSync(bytes))],
];

async function post(header: string, body: Uint8Array, more = ""): Promise<string> {
  await using client = await openRaw(fake.port);
  client.send(
    `POST /v1/messages HTTP/1.1\r\nHost: gateway.invalid\r\nContent-Encoding: ${header}\r\n${more}Content-Length: ${body.length}\r\n\r\n`,
  );
  client.send(body);
  return await client.until((received) => received.includes("\r\n\r\n"));
}

const TEXT = Buffer.from(JSON.stringify({ model: "m", input: "wörds and words ".repeat(9_000) }));

describe.each(WAYS)("content-encoding: %s", (header, compress) => {
  test("arrives as if it had been sent plain, and without the header", async () => {
    expect(statusOf(await post(header, compress(TEXT)))).toBe(200);
    const [run] = fake.runs;
    expect(Buffer.from(run?.body ?? []).equals(TEXT)).toBe(true);
    expect(run?.parts.headers["content-encoding"]).toBeUndefined();
  });

  test("holds as much as any body may, and not a byte more", async () => {
    expect(statusOf(await post(header, compress(Buffer.alloc(BODY_BYTES_MAX, "x"))))).toBe(200);
    expect(statusOf(await post(header, compress(Buffer.alloc(BODY_BYTES_MAX + 1, "x"))))).toBe(413);
    expect(fake.runs.map(({ body }) => body.length)).toEqual([BODY_BYTES_MAX]);
  });

  test("takes room for what comes out, and gives it back", async () => {
    const bytes = compress(Buffer.alloc(200_000, "x"));
    for (let sent = 0; sent < BODIES_BYTES; sent += 200_000) expect(statusOf(await post(header, bytes))).toBe(200);
    const swelling = compress(Buffer.alloc(UNKNOWN_BODIES_BYTES + 1, "x"));
    expect(statusOf(await post(header, swelling, "Authorization: signed\r\n"))).toBe(413);
    expect(statusOf(await post(header, bytes, "Authorization: signed\r\n"))).toBe(200);
  });

  test.each([
    ["cut by a byte", (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ["cut in the middle", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["empty", () => new Uint8Array(0)],
    ["of other bytes", () => TEXT],
    ["followed by more", (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from("{}xx")])],
  ])("%s is broken", async (_what, spoil) => {
    expect(statusOf(await post(header, spoil(compress(TEXT))))).toBe(400);
    expect(fake.runs.length).toBe(0);
    expect(fake.refusals.map(({ failure }) => failure.kind)).toEqual(["invalid-request"]);
  });
});

test("a body that swells a thousandfold is let go of at the bound", async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000));
  let taken = 0;
  const room = {
    take(bytes: number) {
      taken += bytes;
      return true;
    },
  };
  const decoded = await decodeBody(bomb, { encodings: ["gzip"], room, bytesMax: 100_000 });
  expect(decoded.kind).toBe("too-large");
  expect(taken).toBeLessThanOrEqual(100_000);
});

test("a window larger than the one that the encoding allows is not opened", async () => {
  const bytes = Buffer.alloc(100_000, "x");
  // A frame of one block, with a window of 128 MiB in its header.
  const block = Buffer.concat([
    Buffer.from([0x03 | ((bytes.length << 3) & 0xff), (bytes.length >> 5) & 0xff, bytes.length >> 13]),
    Buffer.from("x"),
  ]);
  const frame = (windowLog: number) =>
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowLog - 10) << 3]), block]);
  const given = { encodings: ["zstd"], room: { take: () => true }, bytesMax: 1_000_000 } as const;
  expect((await decodeBody(frame(23), given)).kind).toBe("whole");
  expect((await decodeBody(frame(27), given)).kind).toBe("undecodable");
});

test.each(["compress", "zstd, snappy", "gzip, gzip, gzip", "gzip;q=1", "aws-chunked"])(
  "content-encoding: %s is left to the exchange, which refuses it",
  async (header) => {
    expect(statusOf(await post(header, gzipSync(TEXT)))).toBe(200);
    expect(fake.runs.at(0)?.parts.headers["content-encoding"]).toBe(header);
    expect(encodingsOf(header)).toBeNull();
  },
);

test.each([undefined, "", "identity", " , "])("content-encoding: %p is none", (header) => {
  expect(encodingsOf(header)).toBeNull();
});

test("what ends with its frame is what the encoder wrote, and nothing shorter", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), fc.nat(), (bytes, isChecked, cut) => {
      const whole = isChecked ? checked(bytes) : zstdCompressSync(bytes);
      expect(endsWithItsFrame(whole)).toBe(true);
      expect(endsWithItsFrame(Buffer.concat([whole, whole]))).toBe(true);
      expect(endsWithItsFrame(whole.subarray(0, cut % whole.length))).toBe(false);
      expect(Buffer.from(zstdDecompressSync(whole)).equals(Buffer.from(bytes))).toBe(true);
    }),
    { numRuns: 300, seed: 7 },
  );
});

test("any bytes end, one way or the other", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom("gzip", "deflate", "br", "zstd"),
      async (bytes, encoding) => {
        const decoded = await decodeBody(bytes, {
          encodings: [encoding],
          room: { take: () => true },
          bytesMax: 10_000,
        });
        expect(["whole", "too-large", "undecodable"]).toContain(decoded.kind);
      },
    ),
    { numRuns: 300, seed: 11 },
  );
});
