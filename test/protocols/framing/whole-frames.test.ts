// Chunks that are exactly one frame take a short way: they must give what the same bytes give one by one.
import { expect, test } from "bun:test";
import { createFrameCutter, createSseSplitter, type SseFrame } from "../../../src/protocols/framing/sse.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { createSeededRandom } from "../../harness/virtual-effects.ts";

const TEXTS: readonly string[] = [
  'data: {"a":1}\n\n',
  'event: delta\ndata: {"b":"ö"}\n\n',
  'event: \ndata: {"c":1}\n\n',
  'event:  x\ndata: {"d":1}\n\n',
  'event: x\nevent: y\ndata: {"e":1}\n\n',
  'data: {"f":1}\ndata: }\n\n',
  'data: {"g":1}\n\n\n',
  'data: {"h":1}\r\n\r\n',
  'data: {"i":\r1}\n\n',
  'event: a\rdata: b\ndata: {"j":1}\n\n',
  'data:{"k":1}\n\n',
  'id: 1\ndata: {"l":1}\n\n',
  "data: [DONE]\n\n",
  ": ping\n\n",
  "event: lost\n\n",
  "event: half\n",
  'data: {"m":1}\n',
  "\n",
  "\n\n",
  "\r",
  'data: {"n":',
  '"\ufeff"}\n\n',
  "\ufeff",
  'data: {\ufeff"o":1}\n\n',
  "data: {\n\n",
];
const CHUNKS: readonly Uint8Array[] = [
  ...TEXTS.map((text) => Buffer.from(text)),
  Buffer.concat([Buffer.from('data: {"p":"'), Buffer.from([0xc3]), Buffer.from('"}\n\n')]),
  Buffer.from([0x0a, 0x0a, 0xe2]),
];

/** The frames, and whether the stream failed. */
function framesOf(chunks: readonly Uint8Array[], frameCharsMax: number): readonly [readonly SseFrame[], boolean] {
  const splitter = createSseSplitter({ frameCharsMax });
  const frames: SseFrame[] = [];
  try {
    for (const chunk of chunks) frames.push(...splitter.push(chunk));
    frames.push(...splitter.end());
    return [frames, false];
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [frames, true];
  }
}

/** Where the cuts are, in bytes from the beginning; the last is what is left. */
function cutsOf(chunks: readonly Uint8Array[]): readonly string[] {
  const cutter = createFrameCutter();
  const cuts = chunks.flatMap((chunk) => cutter.push(chunk));
  return [...cuts, cutter.end() ?? new Uint8Array()].map((cut) => Buffer.from(cut).toString("latin1"));
}

function singles(chunks: readonly Uint8Array[]): Uint8Array[] {
  return [...Buffer.concat(chunks)].map((byte) => Uint8Array.of(byte));
}

function expectAlike(chunks: readonly Uint8Array[], frameCharsMax = 1_000_000): void {
  const [frames, isBroken] = framesOf(chunks, frameCharsMax);
  const [wanted, wantedBroken] = framesOf(singles(chunks), frameCharsMax);
  expect(isBroken).toBe(wantedBroken);
  if (!isBroken) expect(frames).toEqual([...wanted]);
  expect(cutsOf(chunks)).toEqual([...cutsOf(singles(chunks))]);
}

test("every pair and triple of chunks gives what its bytes give one by one", () => {
  for (const first of CHUNKS) {
    for (const second of CHUNKS) {
      expectAlike([first, second]);
      for (const third of CHUNKS.slice(0, 3)) expectAlike([first, second, third]);
    }
  }
});

test("so do long rows of them, and the bound of a frame holds at the same byte", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = createSeededRandom(seed);
    const chunks = Array.from(
      { length: 2 + random() * 20 },
      () => CHUNKS[Math.floor(random() * CHUNKS.length)] ?? Buffer.of(),
    );
    expectAlike(chunks, random() < 0.3 ? 8 + Math.floor(random() * 24) : undefined);
  }
});
