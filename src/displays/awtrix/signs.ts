/** Marks of 8 × 8 pixels for what is no provider: ourselves, what burns, what is well, what is not, and money. */
import { drawn, type Mark } from "./mark.ts";

type SignId = "ring" | "flame" | "ember" | "check" | "cross" | "coin";

export const signOf = (id: SignId): Mark => SIGNS[id];

const SIGNS: Readonly<Record<SignId, Mark>> = {
  ring: drawn(
    { a: 0xe07868, b: 0xa294f0, "#": 0x8a7a90 },
    "..aabb..",
    ".a....b.",
    "a......b",
    "#......#",
    "#......#",
    "b......a",
    ".b....a.",
    "..bbaa..",
  ),
  flame: drawn(
    { r: 0xe84830, o: 0xff8c20, y: 0xffd850 },
    "...r....",
    "..rr..r.",
    "..roo.r.",
    ".rrooor.",
    ".roooor.",
    "rrooyyor",
    ".royyyr.",
    "..ryyr..",
  ),
  ember: drawn(
    { r: 0xb04830, o: 0xe08038, "#": 0x604048 },
    "........",
    "........",
    "...#....",
    "....#...",
    "...#....",
    "..#r#...",
    ".#rorr#.",
    "########",
  ),
  check: drawn(
    { "#": 0x78c8a0 },
    "........",
    ".......#",
    "......##",
    "#....##.",
    "##..##..",
    ".####...",
    "..##....",
    "........",
  ),
  cross: drawn(
    { "#": 0xf04838 },
    "........",
    "##...##.",
    ".##.##..",
    "..###...",
    "..###...",
    ".##.##..",
    "##...##.",
    "........",
  ),
  coin: drawn(
    { "#": 0xe8b840, o: 0xffe8a0, d: 0xa87820 },
    "..oooo..",
    ".o####d.",
    "o##oo##d",
    "o#o####d",
    "o#o####d",
    "o##oo##d",
    ".o####d.",
    "..dddd..",
  ),
};
