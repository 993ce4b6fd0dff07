/** A frame for people at a terminal: in true color, or as letters where there is none. Pure. */
import { HEIGHT, type Picture, WIDTH } from "./canvas.ts";
import { hexOf } from "./color.ts";

/** Two cells wide is about square. */
const CELL = "  ";
const UNLIT = 0x101014;

/** Lines with escape sequences of 24-bit color (ISO 8613-6), as nearly every terminal has them. */
export function toTrueColor(frame: Picture): string[] {
  return rowsOf(frame).map((row) => {
    let before: number | null = null;
    const cells = row.map((color) => {
      const shown = color === 0 ? UNLIT : color;
      const style =
        shown === before ? "" : `\u001b[48;2;${(shown >> 16) & 0xff};${(shown >> 8) & 0xff};${shown & 0xff}m`;
      before = shown;
      return `${style}${CELL}`;
    });
    return `${cells.join("")}\u001b[0m`;
  });
}

/** A dot is dark, every color has a letter, and below stands which. */
export function toLetters(frame: Picture): string[] {
  const letters = new Map<number, string>();
  for (const color of frame) {
    if (color !== 0 && !letters.has(color)) letters.set(color, LETTERS.charAt(letters.size) || "*");
  }
  const rows = rowsOf(frame).map((row) => row.map((color) => letters.get(color) ?? ".").join(""));
  return [...rows, [...letters].map(([color, letter]) => `${letter}=${hexOf(color)}`).join(" ")];
}

const LETTERS = "#oxabcdefghijklmnpqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function rowsOf(frame: Picture): number[][] {
  return Array.from({ length: HEIGHT }, (_, y) => frame.slice(y * WIDTH, (y + 1) * WIDTH));
}
