// Reads what `bun test` says about a run: its JUnit report (every test, by file) and the summary it prints (which alone
// counts files that did not load). Pure, so that a test can hold it to recorded output.

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Report {
  readonly total: Counts;
  /** By the first folder under test/. */
  readonly folders: readonly (Counts & { readonly folder: string })[];
  /** The slowest first. */
  readonly files: readonly { readonly file: string; readonly seconds: number }[];
  /** Why tests were skipped, and how many for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** An empty text is a report without tests. */
export function readReport(xml: string): Report {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const byFolder = new Map<string, Counts>();
  const seconds = new Map<string, number>();
  const reasons = new Map<string, number>();
  for (const [, attributes = "", body = ""] of xml.matchAll(TEST_CASE)) {
    const file = attributeOf(attributes, "file");
    const folder = folderOf(file);
    const counts = byFolder.get(folder) ?? { passed: 0, failed: 0, skipped: 0 };
    byFolder.set(folder, counts);
    const outcome = outcomeOf(body);
    counts[outcome] += 1;
    total[outcome] += 1;
    seconds.set(file, (seconds.get(file) ?? 0) + Number(attributeOf(attributes, "time")));
    if (outcome !== "skipped") continue;
    const why =
      reasonOf(`${attributeOf(attributes, "classname")} ${attributeOf(attributes, "name")}`) ?? `no reason in ${file}`;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  const folders = [...byFolder].map(([folder, counts]) => ({ folder, ...counts }));
  const files = [...seconds].map(([file, time]) => ({ file, seconds: time }));
  return {
    total,
    folders: folders.toSorted((a, b) => a.folder.localeCompare(b.folder)),
    files: files.toSorted((a, b) => b.seconds - a.seconds),
    reasons,
  };
}

/** The line every step, every suite and the whole run end with. */
export const lineOf = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** ` (mosquitto is not installed: 3)`; "" where nothing was skipped. */
export function reasonsLine(reasons: ReadonlyMap<string, number>): string {
  const told = [...reasons].map(([why, count]) => `${why}: ${count}`);
  return told.length === 0 ? "" : ` (${told.join("; ")})`;
}

/** The numbers of the last summary in the runner's output; zeros when there is none. */
export function countSummary(output: string): { failed: number; errors: number } {
  const end = output.lastIndexOf("\nRan ");
  const block = output.slice(0, Math.max(end, 0)).split("\n").slice(-SUMMARY_LINES_MAX).join("\n");
  return { failed: numberBefore("fail", block), errors: numberBefore("error", block) };
}

/** `body` is what stands inside the element: empty for a test that passed. */
function outcomeOf(body: string): keyof Counts {
  if (/<(?:failure|error)\b/.test(body)) return "failed";
  return /<skipped\b/.test(body) ? "skipped" : "passed";
}

const attributeOf = (attributes: string, name: string): string =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";

/** A test that may be skipped says why in its name or in its group's: `... (skipped: mosquitto is not installed)`. */
const reasonOf = (name: string): string | null => /\(skipped: ([^)]*)\)/.exec(name)?.[1] ?? null;

const folderOf = (file: string): string => {
  const [first, second] = file
    .replaceAll("\\", "/")
    .replace(/^test\//, "")
    .split("/");
  return second === undefined ? "(top)" : (first ?? "(top)");
};

/** Matches "  2 fail" and "  1 error" or "  2 errors", each on its own line, colour codes allowed around them. */
function numberBefore(word: string, block: string): number {
  const found = [...block.matchAll(new RegExp(`^[^\\w\\n]*(?:\\[\\d+m)?\\s*(\\d+) ${word}s?\\b`, "gm"))].at(-1);
  return found === undefined ? 0 : Number(found[1]);
}

/** pass, skip, todo, fail, error, filtered, snapshots, expect() calls, and room for one more. */
const SUMMARY_LINES_MAX = 9;
/** Attributes first (values may hold ">"), then nothing, or a body. */
const TEST_CASE = /<testcase((?:\s[\w-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;
