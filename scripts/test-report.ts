// Reads what `bun test` says about a run: its JUnit report (every test, by file) and the summary it prints (which alone
// counts files that did not load). Pure, so that a test can hold it to recorded output.

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Totals, and the same by the first folder under test/. An empty text is a report without tests. */
export function readReport(xml: string): { total: Counts; folders: (Counts & { folder: string })[] } {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const byFolder = new Map<string, Counts>();
  for (const match of xml.matchAll(TEST_CASE)) {
    const folder = folderOf(/\sfile="([^"]*)"/.exec(match[1] ?? "")?.[1] ?? "");
    const counts = byFolder.get(folder) ?? { passed: 0, failed: 0, skipped: 0 };
    byFolder.set(folder, counts);
    const outcome = outcomeOf(match[2] ?? "");
    counts[outcome] += 1;
    total[outcome] += 1;
  }
  const folders = [...byFolder].map(([folder, counts]) => ({ folder, ...counts }));
  return { total, folders: folders.toSorted((a, b) => a.folder.localeCompare(b.folder)) };
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
