/** What a policy tells the configuration of itself. */
import type { z } from "zod";

/**
 * `written`: the policy's own keys of a pool or model as they stand in the file, all optional. Zod is an argument, so that
 * a start without a mistake does not load it.
 */
export interface PolicySchema<Settings> {
  /** The same keys as `keys` describes. */
  readonly ownKeys: readonly string[];
  keys(zod: typeof z): object;
  resolve(written: never): Settings;
}

/** Of a policy that has nothing to set. */
export const NO_KEYS = { ownKeys: [], keys: () => ({}), resolve: () => null } as const;
