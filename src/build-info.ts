// What this program says about itself: the version and commit that scripts/build.ts put in. Run from source there is no
// build, and it says so instead of guessing. Imports nothing, so that every command can show it at no cost.

// Replaced by `bun build --define`; undeclared when run from source, which is why `typeof` guards every use.
declare const RINGMAIN_VERSION: string;
declare const RINGMAIN_COMMIT: string;

export const buildInfo = {
  /** The version in package.json at build time. */
  version: typeof RINGMAIN_VERSION === "string" ? RINGMAIN_VERSION : "0.0.0-source",
  /** Short commit hash, with `+dirty` when files differed from it; `unknown` outside a checkout; `source` without a build. */
  commit: typeof RINGMAIN_COMMIT === "string" ? RINGMAIN_COMMIT : "source",
} as const;
