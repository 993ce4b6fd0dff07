/** Dialects of lanes in tests. */
import type { Dialect } from "../../src/ir/dialect.ts";

/** The maker of the protocol: takes all that its protocol has. */
export const MAKER: Dialect = {
  developerRole: true,
  customTools: true,
  streamUsage: true,
  reasoningBack: "ignored",
  chatTools: "free",
  refusedSettings: [],
  failureWords: [],
  callIdChars: null,
  forcedTools: true,
  userAfterResults: true,
  cacheMarks: false,
  promptCacheKey: false,
};
