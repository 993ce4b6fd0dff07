/** A small drawing with its own colours. */
import type { Sprite } from "./glyphs.ts";

export interface Mark {
  readonly sprite: Sprite;
  readonly colors: ReadonlyMap<string, number>;
}

export function drawn(colors: Readonly<Record<string, number>>, ...sprite: string[]): Mark {
  return { sprite, colors: new Map(Object.entries(colors)) };
}
