/**
 * A mark of 8 × 8 pixels for each vendor, drawn by us: none is a copy of a logo. A provider without a drawing has its
 * first two letters in a color that its name always gives.
 */
import { GLYPHS, type Sprite } from "./glyphs.ts";
import { drawn, type Mark } from "./mark.ts";

/** By the first word of the name that has a drawing: `deepseek-anthropic` is DeepSeek's, whatever protocol it speaks. */
export function markOf(provider: string): Mark {
  for (const word of provider.toLowerCase().split(/[^a-z0-9]+/)) {
    const drawn = DRAWN.find(({ words }) => words.includes(word));
    if (drawn !== undefined) return drawn.mark ?? monogram(provider);
  }
  return monogram(provider);
}

// ---------------------------------------------------------------- letters

const MONOGRAM_COLORS = [0x5ab0f0, 0xf0a050, 0x70c890, 0xd080e0, 0xe8c848, 0x60c8c8, 0xf07890, 0x98a8f8];

function monogram(provider: string): Mark {
  const letters = [...provider.toUpperCase().replaceAll(/[^A-Z0-9]/g, "")].slice(0, 2).map(narrow);
  const [first = BLANK, second = BLANK] = letters;
  const rows = first.map((row, at) => `${row}.${second[at] ?? "..."}.`);
  const hash = [...provider].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521, 7);
  const color = MONOGRAM_COLORS[hash % MONOGRAM_COLORS.length] ?? 0xffffff;
  return { sprite: ["........", ...rows, "........", "........"], colors: new Map([["#", color]]) };
}

/** Two letters have seven columns together, and the widest have five each. */
function narrow(character: string): Sprite {
  return NARROW.get(character) ?? (GLYPHS.get(character) ?? BLANK).map((row) => row.padEnd(3, "."));
}

const BLANK: Sprite = ["...", "...", "...", "...", "..."];
const NARROW: ReadonlyMap<string, Sprite> = new Map([
  ["I", ["###", ".#.", ".#.", ".#.", "###"]],
  ["M", ["#.#", "###", "###", "#.#", "#.#"]],
  ["N", ["##.", "#.#", "#.#", "#.#", "#.#"]],
  ["W", ["#.#", "#.#", "#.#", "###", "#.#"]],
]);

// ---------------------------------------------------------------- drawings

interface Drawn {
  /** Of a provider's name, in lower case. */
  readonly words: readonly string[];
  /** null: letters, although a later word of the name may have a drawing. */
  readonly mark: Mark | null;
}

const DRAWN: readonly Drawn[] = [
  {
    words: ["anthropic", "claude"],
    mark: drawn(
      { "#": 0xd97757, o: 0xf0a888 },
      "...#....",
      ".#.#.#..",
      "..#o#...",
      "##ooo##.",
      "..#o#...",
      ".#.#.#..",
      "...#....",
      "........",
    ),
  },
  {
    words: ["openai", "codex", "responses", "chatgpt"],
    mark: drawn(
      { "#": 0x8ea0ff, o: 0xd8e0ff },
      "..####..",
      ".#....#.",
      "#..oo..#",
      "#.o..o.#",
      "#.o..o.#",
      "#..oo..#",
      ".#....#.",
      "..####..",
    ),
  },
  {
    words: ["gemini", "google", "vertex"],
    mark: drawn(
      { a: 0x5a9cff, b: 0x8a90f8, c: 0xc58af9 },
      "...a....",
      "...a....",
      "..aab...",
      "aaabbbc.",
      "..bbc...",
      "...c....",
      "...c....",
      "........",
    ),
  },
  {
    words: ["bedrock", "aws", "amazon"],
    mark: drawn(
      { a: 0xffc060, "#": 0xff9900, d: 0xb86800 },
      "...aa...",
      ".aaaaaa.",
      "#aaaaaad",
      "###aaddd",
      "####dddd",
      "####dddd",
      ".###ddd.",
      "...#d...",
    ),
  },
  {
    words: ["cohere"],
    mark: drawn(
      { a: 0xff7759, b: 0x50a088, c: 0xd18ee2 },
      "..aaaa..",
      ".aaaaaa.",
      "aaaaaaa.",
      "aaaaa...",
      ".aa..bb.",
      "....bbbb",
      ".cc.bbbb",
      ".cc..bb.",
    ),
  },
  {
    words: ["mistral"],
    mark: drawn(
      { y: 0xffd800, a: 0xffaf00, o: 0xff8205, r: 0xe10500 },
      "........",
      "yy....yy",
      "aaa..aaa",
      "oooooooo",
      "oo.oo.oo",
      "rr....rr",
      "rr....rr",
      "........",
    ),
  },
  {
    words: ["xai", "grok"],
    mark: drawn(
      { "#": 0xe8e8f0, d: 0x808090 },
      "##....d.",
      ".##..d..",
      "..##d...",
      "...##...",
      "..d.##..",
      ".d...##.",
      "d.....##",
      "........",
    ),
  },
  {
    words: ["deepseek"],
    mark: drawn(
      { "#": 0x4d6bfe, o: 0xffffff, d: 0x90a4ff },
      "......#.",
      ".....###",
      ".###..#.",
      "#######.",
      "#o#####.",
      "#######.",
      ".ddd##..",
      "........",
    ),
  },
  {
    words: ["meta", "llama"],
    mark: drawn(
      { "#": 0x0a84ff, o: 0x60b0ff },
      "........",
      ".##..oo.",
      "#..#o..o",
      "#..##..o",
      "#..o#..o",
      "#..o#..o",
      ".##..oo.",
      "........",
    ),
  },
  {
    words: ["groq"],
    mark: drawn(
      { "#": 0xf55036, o: 0xffa080 },
      "....##..",
      "...##...",
      "..##....",
      ".oooooo.",
      "....##..",
      "...##...",
      "..##....",
      "..#.....",
    ),
  },
  {
    words: ["openrouter"],
    mark: drawn(
      { "#": 0x94a3f8, o: 0xe0e6ff },
      ".....oo.",
      "...##oo.",
      "..##....",
      "oo#.....",
      "oo#.....",
      "..##....",
      "...##oo.",
      ".....oo.",
    ),
  },
  {
    words: ["ollama"],
    mark: drawn(
      { "#": 0xf2f2f2, d: 0x303030 },
      ".#...#..",
      ".#...#..",
      ".#####..",
      "#d###d#.",
      "#######.",
      "##ddd##.",
      "#######.",
      ".#####..",
    ),
  },
  {
    words: ["moonshot", "kimi"],
    mark: drawn(
      { "#": 0x3d8cf0, o: 0xffffff },
      "..###.o.",
      ".###....",
      "###.....",
      "###.....",
      "###...#.",
      "####.##.",
      ".#####..",
      "..###...",
    ),
  },
  {
    words: ["zai", "zhipu", "glm"],
    mark: drawn(
      { "#": 0xc9b6ff },
      "#######.",
      "#######.",
      "....##..",
      "...##...",
      "..##....",
      ".##.....",
      "#######.",
      "#######.",
    ),
  },
  {
    words: ["minimax"],
    mark: drawn(
      { "#": 0xec1970, o: 0xff7850 },
      "...#....",
      "...#.o..",
      ".#.#.o..",
      ".#.#.o.o",
      "##.#.o.o",
      ".#.#.o.o",
      "...#.o..",
      ".....o..",
    ),
  },
  {
    words: ["dashscope", "qwen", "alibaba"],
    mark: drawn(
      { "#": 0x8a6bff, o: 0xc8b8ff },
      "..###...",
      ".#...##.",
      "#..o...#",
      "#.ooo..#",
      "#..ooo.#",
      "#...o..#",
      ".##...#.",
      "...###..",
    ),
  },
  {
    words: ["azure", "microsoft", "copilot", "github"],
    mark: drawn(
      { "#": 0x2b88d8, o: 0x60c0f8 },
      "...oo...",
      "..ooo...",
      "..oo#...",
      ".ooo##..",
      ".oo.##..",
      "ooo..##.",
      "oo..####",
      "o..#####",
    ),
  },
  {
    words: ["fireworks"],
    mark: drawn(
      { "#": 0x9060f8, o: 0xf0d060 },
      "#..#..#.",
      ".#...#..",
      "...o....",
      "#.ooo.#.",
      "...o....",
      ".#...#..",
      "#..#..#.",
      "........",
    ),
  },
  {
    words: ["nvidia"],
    mark: drawn(
      { "#": 0x76b900, o: 0xd0f080 },
      "........",
      "..####..",
      ".#....#.",
      "#..oo..#",
      "#..oo..#",
      ".#....#.",
      "..####..",
      "........",
    ),
  },
  {
    words: ["cerebras"],
    mark: drawn(
      { "#": 0xf15a29, o: 0xffa878 },
      "..#####.",
      ".#......",
      "#..ooo..",
      "#.o.....",
      "#.o.....",
      "#..ooo..",
      ".#......",
      "..#####.",
    ),
  },
  {
    words: ["perplexity"],
    mark: drawn(
      { "#": 0x20b8cd },
      "#..#..#.",
      ".#.#.#..",
      "..###...",
      "#######.",
      "#.###.#.",
      "##.#.##.",
      "#..#..#.",
      "...#....",
    ),
  },
  {
    words: ["huggingface"],
    mark: drawn(
      { "#": 0xffd21e, d: 0x402800, o: 0xff9d00 },
      "..####..",
      ".######.",
      "##d##d##",
      "########",
      "#d####d#",
      "##dddd##",
      "o######o",
      ".oo##oo.",
    ),
  },
  { words: ["deepinfra", "vercel", "xiaomi"], mark: null },
];
