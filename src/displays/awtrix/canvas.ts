/** A picture of 32 × 8 pixels, the size of the clock's matrix, and the few ways of putting something on it. Pure. */
import { GLYPH_ROWS, GLYPHS, type Sprite } from "./glyphs.ts";

export const WIDTH = 32;
export const HEIGHT = 8;

/** `0xRRGGBB`, row by row from the top left; black is dark. */
export type Picture = readonly number[];

/** What falls outside the matrix is cut off. */
export interface Canvas {
  set(x: number, y: number, color: number): void;
  bar(x: number, y: number, width: number, color: number): void;
  sprite(x: number, y: number, sprite: Sprite, colorOf: (character: string) => number | undefined): void;
  /** Characters without a glyph are blank. */
  text(x: number, y: number, text: string, color: number): void;
  /** The last column of the text is `right`. */
  textRight(right: number, y: number, text: string, color: number): void;
  frame(): Picture;
}

export function createCanvas(): Canvas {
  const pixels = new Array<number>(WIDTH * HEIGHT).fill(0);
  const canvas: Canvas = {
    set(x, y, color) {
      if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT) pixels[y * WIDTH + x] = color;
    },
    bar(x, y, width, color) {
      for (let at = 0; at < width; at += 1) canvas.set(x + at, y, color);
    },
    sprite(x, y, sprite, colorOf) {
      sprite.forEach((row, dy) => {
        [...row].forEach((character, dx) => {
          const color = colorOf(character);
          if (color !== undefined) canvas.set(x + dx, y + dy, color);
        });
      });
    },
    text(x, y, text, color) {
      let at = x;
      for (const character of text) {
        const glyph = glyphOf(character);
        const above = Math.max(0, Math.floor((glyph.length - GLYPH_ROWS) / 2));
        canvas.sprite(at, y - above, glyph, (each) => (each === "#" ? color : undefined));
        at += glyphWidth(character) + GAP;
      }
    },
    textRight: (right, y, text, color) => canvas.text(right - textWidth(text) + 1, y, text, color),
    frame: () => [...pixels],
  };
  return canvas;
}

/** Columns between two glyphs. */
const GAP = 1;

/** In pixels, without the gap after the last glyph. */
export function textWidth(text: string): number {
  return [...text].reduce((width, character) => width + glyphWidth(character) + GAP, text === "" ? 0 : -GAP);
}

function glyphOf(character: string): Sprite {
  return GLYPHS.get(character) ?? BLANK;
}

function glyphWidth(character: string): number {
  return glyphOf(character)[0]?.length ?? 0;
}

const BLANK: Sprite = ["..."];
