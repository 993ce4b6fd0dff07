/** The part of docs/translation.md that is generated from the pinned losses, and what on the page explains each of them. */
import { join } from "node:path";

export const TRANSLATION_MD = join(import.meta.dir, "..", "..", "docs", "translation.md");

const BEGIN = "<!-- generated from test/protocols/golden/losses.json: begin -->";
const FINISH = "<!-- generated: end -->";

/** Kind -> pair -> case -> losses, each as one line. */
export type PinnedLosses = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>
>;

/**
 * A row of the hand-written table explains a loss when its first cell holds the loss's field (indexes left out) in code
 * marks and the cell of the pair says it is not carried.
 */
export function lossesTable(pinned: PinnedLosses, page: string): { unexplained: string[]; text: string } {
  const rows = explainedRows(page);
  const unexplained: string[] = [];
  const lines: string[] = [];
  for (const [kind, pairs] of Object.entries(pinned)) {
    for (const [pair, cases] of Object.entries(pairs)) {
      const seen = new Map<string, string[]>();
      for (const [name, losses] of Object.entries(cases)) {
        for (const loss of losses) seen.set(generalised(loss), [...(seen.get(generalised(loss)) ?? []), name]);
      }
      for (const [loss, names] of [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const field = loss.slice(0, loss.indexOf(" "));
        if (!rows.some((row) => row.kind === kind && row.pair === pair && row.fields.includes(field)))
          unexplained.push(`${kind}, ${pair}: ${loss}`);
        lines.push(
          `| ${kind} | ${pair} | \`${field}\` | ${loss.slice(field.length + 1)} | ${[...new Set(names)].join(", ")} |`,
        );
      }
    }
  }
  const table = ["| what | client > lane | member | what happens | seen in |", "|---|---|---|---|---|", ...lines].join(
    "\n",
  );
  const begin = page.indexOf(BEGIN);
  const finish = page.indexOf(FINISH);
  if (begin === -1 || finish === -1) throw new Error("docs/translation.md has lost its marks");
  return { unexplained, text: `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(finish)}` };
}

/** Places in a list are not what a row is about. */
function generalised(loss: string): string {
  return loss.replaceAll(/\[\d+\]/g, "[]");
}

interface Row {
  readonly kind: string;
  readonly pair: string;
  readonly fields: readonly string[];
}

/** Rows of the tables headed `### <kind>, <pair>`: first cell the members, last cell the vendor's page. */
function explainedRows(page: string): Row[] {
  const rows: Row[] = [];
  let heading: { kind: string; pair: string } | null = null;
  for (const line of page.split("\n")) {
    if (line.startsWith("#")) {
      const [, kind, pair] = /^### (\w+), (\w+ > \w+)$/.exec(line) ?? [];
      heading = kind === undefined || pair === undefined ? null : { kind, pair };
    }
    if (heading === null || !line.startsWith("| `")) continue;
    const cells = line.split("|").map((cell) => cell.trim());
    const isSourced = /https:\/\/\S+.*\d{4}-\d{2}-\d{2}/.test(cells.at(-2) ?? "");
    if (isSourced)
      rows.push({ ...heading, fields: [...(cells[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "") });
  }
  return rows;
}
