/** Five ways of colouring the same picture. Every display and every preview draws with this one table. */
import { luminance, mix } from "./color.ts";

export interface Palette {
  /** Figures and words; a rainbow has one for every page. */
  readonly text: readonly [number, ...number[]];
  /** Labels, and what is not known. */
  readonly faint: number;
  /** The unlit part of a bar. */
  readonly track: number;
  /** A bar with plenty left, with little left, with next to nothing left. */
  readonly plenty: number;
  readonly warm: number;
  readonly hot: number;
  /** A lane that takes requests, that will again by itself, that a person must look after. */
  readonly good: number;
  readonly waiting: number;
  readonly bad: number;
  /** What becomes of the colours of a mark. */
  readonly tint: (color: number) => number;
}

const asItIs = (color: number): number => color;
/** Shades of one color, as bright as what they replace; nothing gets so dark that it is gone. */
const shadesOf =
  (color: number) =>
  (original: number): number =>
    original === 0 ? 0 : mix(0, color, 0.25 + 0.75 * luminance(original));

export const PALETTES = {
  ember_whimsy: {
    text: [0xf4dcc8],
    faint: 0x7a5f78,
    track: 0x2c2136,
    plenty: 0xa294f0,
    warm: 0xf0b060,
    hot: 0xe07868,
    good: 0x78c8a0,
    waiting: 0xf0b060,
    bad: 0xf04838,
    tint: asItIs,
  },
  mercury: {
    text: [0xc8bfb5],
    faint: 0x6a635c,
    track: 0x2a2724,
    plenty: 0x9a9088,
    warm: 0xc8bfb5,
    hot: 0xf0a890,
    good: 0x9a9088,
    waiting: 0xd8b070,
    bad: 0xf07858,
    tint: (color) => mix(shadesOf(0xd8d0c8)(color), color, 0.25),
  },
  traffic: {
    text: [0xe8ece8],
    faint: 0x68706c,
    track: 0x222824,
    plenty: 0x38d898,
    warm: 0xf0c040,
    hot: 0xe07868,
    good: 0x38d898,
    waiting: 0xf0c040,
    bad: 0xf04030,
    tint: asItIs,
  },
  monochrome: {
    text: [0xffffff],
    faint: 0x606060,
    track: 0x262626,
    plenty: 0xb0b0b0,
    warm: 0xd0d0d0,
    hot: 0xffffff,
    good: 0x909090,
    waiting: 0x484848,
    bad: 0xffffff,
    tint: shadesOf(0xffffff),
  },
  rainbow: {
    text: [0xe40303, 0xff8c00, 0xffed00, 0x00a030, 0x3070ff, 0xa040b8],
    faint: 0x706878,
    track: 0x282230,
    plenty: 0x3070ff,
    warm: 0xff8c00,
    hot: 0xe40303,
    good: 0x00a030,
    waiting: 0xff8c00,
    bad: 0xe40303,
    tint: asItIs,
  },
} as const satisfies Record<string, Palette>;

export type PaletteId = keyof typeof PALETTES;

/** From here on a share that is used is warm, or hot: the same two steps on every page. */
export const WARM_FROM = 0.6;
export const HOT_FROM = 0.85;
