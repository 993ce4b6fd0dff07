/** A frame as a PNG file (W3C PNG, third edition): every pixel a square, so that people can look at it. Pure. */
import { crc32, deflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `0xRRGGBB`, row by row. */
  readonly pixels: readonly number[];
}

/** Pixels of the file per pixel of a matrix, the dark seam between two of them included. */
export const SCALE = 16;
export const SCALE_MAX = 64;

export function toPng({ width, height, pixels }: Picture): Uint8Array {
  const rows = Buffer.alloc((width * 3 + 1) * height); // each row begins with its filter, 0: none
  pixels.forEach((color, at) => {
    const offset = Math.floor(at / width) * (width * 3 + 1) + 1 + (at % width) * 3;
    rows.writeUIntBE(color, offset, 3);
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8); // eight bits, true color, and the only ways there are of the rest
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(named, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}

/** As the matrix looks: round lamps on black, those that are out a shade lighter than the gaps between them. */
export function magnify(picture: Picture, scale: number): Picture {
  const pixels: number[] = [];
  const seam = scale < 4 ? 0 : 1;
  for (let y = 0; y < picture.height * scale; y += 1) {
    for (let x = 0; x < picture.width * scale; x += 1) {
      const color = picture.pixels[Math.floor(y / scale) * picture.width + Math.floor(x / scale)] ?? 0;
      const isSeam = x % scale < seam || y % scale < seam;
      pixels.push(isSeam ? SEAM : color === 0 ? UNLIT : color);
    }
  }
  return { width: picture.width * scale, height: picture.height * scale, pixels };
}

const SEAM = 0x000000;
const UNLIT = 0x0c0c0e;

/** Several pictures of one size in rows, `gap` pixels apart. */
export function contactSheet(rows: readonly (readonly Picture[])[], gap: number): Picture {
  const [first] = rows.flat();
  const { width: cellWidth, height: cellHeight } = first ?? { width: 0, height: 0 };
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const width = columns * (cellWidth + gap) + gap;
  const height = rows.length * (cellHeight + gap) + gap;
  const pixels = new Array<number>(width * height).fill(GROUND);
  rows.forEach((row, rowAt) => {
    row.forEach((picture, at) => {
      const left = gap + at * (cellWidth + gap);
      const top = gap + rowAt * (cellHeight + gap);
      picture.pixels.forEach((color, index) => {
        pixels[(top + Math.floor(index / cellWidth)) * width + left + (index % cellWidth)] = color;
      });
    });
  });
  return { width, height, pixels };
}

const GROUND = 0x202024;
