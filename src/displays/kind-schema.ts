/** What a kind of display tells the configuration of itself. */
import type { z } from "zod";
import type { DisplayConfig, ReachedDisplay } from "../ir/display.ts";

/**
 * `written`: the keys of its own as they stand in the file, all optional. Zod is an argument, so that a start without a
 * mistake does not load it.
 */
export interface DisplaySchema<Config extends DisplayConfig> {
  /** Keys beside those that every display has; the same as `keys` describes. */
  readonly ownKeys: readonly string[];
  keys(zod: typeof z): object;
  /** Schemes its URL may have, and an example of one. */
  address(written: never): { readonly schemes: readonly string[]; readonly example: string };
  /** Reports mistakes in keys of its own. */
  check(written: never, report: DisplayReport): void;
  /** The key to change where both cannot show at once, and why; null: they can. `earlier` may be of another kind. */
  conflict(written: never, earlier: never): { readonly key: string; readonly message: string } | null;
  resolve(written: never, reached: ReachedDisplay): Config;
}

/** `key`: below the display; empty: the display itself. */
export interface DisplayReport {
  error(key: readonly string[], message: string): void;
  warn(key: readonly string[], message: string): void;
}
