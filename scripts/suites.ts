// The table of test suites. `npm test` runs the tests of the project; `npm run test:all` runs every suite of this table too.
// A new suite is a row here and a folder under test/suites, which `npm test` leaves out.

/** A program of this machine that a suite cannot run without: the first of these names that is found. */
export interface Need {
  readonly programs: readonly string[];
  /** Said where none of them is found; the suite counts as one skipped test then. */
  readonly missing: string;
}

export interface Suite {
  readonly title: string;
  /** Folders and files given to `bun test`, and perhaps the word by which test files outside the suites are run too. */
  readonly tests: { readonly paths: readonly string[]; readonly filesWith?: string };
  /** Beyond it the suite is stopped and has failed. */
  readonly minutesMax: number;
  readonly needs: readonly Need[];
  /** More words for `bun test`. */
  readonly args: readonly string[];
}

export const CHROMIUM: Need = {
  programs: ["chromium", "chromium-browser", "google-chrome"],
  missing: "chromium is not installed",
};

/** Where suites stand; `npm test` leaves it out. */
export const SUITES_FOLDER = "test/suites";

export const SUITES = {
  browser: {
    title: "a real browser, headless",
    tests: { paths: [`${SUITES_FOLDER}/browser`] },
    minutesMax: 2,
    needs: [CHROMIUM],
    args: [],
  },
  clients: {
    title: "vendors' SDKs at their own pace: the retries they wait for",
    tests: { paths: [`${SUITES_FOLDER}/clients`] },
    minutesMax: 1,
    needs: [],
    args: [],
  },
  fuzz: {
    title:
      "every property of the tests, many more times and from a seed of its own, and strange requests by the thousand",
    tests: { paths: [`${SUITES_FOLDER}/fuzz`], filesWith: 'from "fast-check"' },
    minutesMax: 6,
    needs: [],
    args: ["--preload", `./${SUITES_FOLDER}/fuzz/many-runs.ts`],
  },
  soak: {
    title: "a stretch of time: the simulation over new seeds, and kills of the ledger under load",
    tests: { paths: [`${SUITES_FOLDER}/soak`] },
    minutesMax: 6,
    needs: [],
    args: [],
  },
} as const satisfies Record<string, Suite>;

export type SuiteId = keyof typeof SUITES;
