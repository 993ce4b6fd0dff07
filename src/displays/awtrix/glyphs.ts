/**
 * Our own letters for the clock: five rows high, as narrow as each can be and still be told from the others. Capitals,
 * digits, the signs of money and shares, and the small letters of windows (5h, 7d, 1m) and counts (12k).
 */

/** Rows of characters; the drawing gives each a color, and one without a color leaves what is behind it. */
export type Sprite = readonly string[];

/** Written side by side, a blank column between two glyphs; `split` cuts them apart. */
const SHEET: readonly (readonly [characters: string, rows: readonly [string, string, string, string, string]])[] = [
  [
    "0123456789",
    [
      "### .#. ### ### #.# ### ### ### ### ###",
      "#.# ##. ..# ..# #.# #.. #.. ..# #.# #.#",
      "#.# .#. ### .## ### ### ### .#. ### ###",
      "#.# .#. #.. ..# ..# ..# #.# .#. #.# ..#",
      "### ### ### ### ..# ### ### .#. ### ###",
    ],
  ],
  [
    "ABCDEFGHIJKLM",
    [
      ".#. ##. .## ##. ### ### .## #.# # ..# #.# #.. #...#",
      "#.# #.# #.. #.# #.. #.. #.. #.# # ..# #.# #.. ##.##",
      "### ##. #.. #.# ##. ##. #.# ### # ..# ##. #.. #.#.#",
      "#.# #.# #.. #.# #.. #.. #.# #.# # #.# #.# #.. #...#",
      "#.# ##. .## ##. ### #.. .## #.# # .#. #.# ### #...#",
    ],
  ],
  [
    "NOPQRSTUVWXYZ",
    [
      "#..# ### ##. .#. ##. .## ### #.# #.# #...# #.# #.# ###",
      "##.# #.# #.# #.# #.# #.. .#. #.# #.# #...# #.# #.# ..#",
      "#.## #.# ##. #.# ##. .#. .#. #.# #.# #.#.# .#. .#. .#.",
      "#..# #.# #.. ##. #.# ..# .#. #.# #.# ##.## #.# .#. #..",
      "#..# ### #.. .## #.# ##. .#. ### .#. #...# #.# .#. ###",
    ],
  ],
  [
    "dhmks",
    [
      "..# #.. ..... #.. ...",
      "..# #.. ..... #.. .##",
      ".## ##. ####. #.# ##.",
      "#.# #.# #.#.# ##. .##",
      ".## #.# #.#.# #.# ##.",
    ],
  ],
  [
    "%!?+-/.: ",
    [
      "#.# # ##. ... ... ..# . . ..",
      "..# # ..# .#. ... ..# . # ..",
      ".#. # .#. ### ### .#. . . ..",
      "#.. . ... .#. ... #.. . # ..",
      "#.# # .#. ... ... #.. # . ..",
    ],
  ],
];

/** Two rows taller than the others, or it could not be told from an S. It begins a row above them. */
const DOLLAR: Sprite = [".#.", ".##", "#..", ".#.", "..#", "##.", ".#."];

export const GLYPH_ROWS = 5;

export const GLYPHS: ReadonlyMap<string, Sprite> = new Map([
  ...SHEET.flatMap(([characters, rows]) => split(characters, rows)),
  ["$", DOLLAR],
]);

function split(characters: string, rows: readonly string[]): [string, Sprite][] {
  const cells = rows.map((row) => row.split(" "));
  return [...characters].map((character, at) => [character, cells.map((row) => row[at] ?? "")]);
}
