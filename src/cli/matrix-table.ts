/**
 * What crosses between every two protocols, and what is lost: the findings of the tests over their corpus (test/corpus).
 * The table is embedded as text. UPDATE_GOLDEN=1 on test/protocols/matrix.test.ts writes it, and that test holds it to the protocols.
 */
import embedded from "./matrix-table.tsv" with { type: "text" };

/** What one kind of message came to between the clients of one protocol and the lanes of one. */
export interface Crossing {
  /** `requests`, `responses` or `streams`. */
  readonly kind: string;
  readonly client: string;
  readonly lane: string;
  /** Cases that lost nothing. */
  readonly whole: number;
  /** Cases with at least one declared loss. */
  readonly lossy: number;
  /** `member how: why` → the cases that show it. */
  readonly losses: Readonly<Record<string, readonly string[]>>;
}

export const embeddedTable = (): Crossing[] => readTable(embedded);

/**
 * A line that begins with a word is a crossing: kind, client, lane, whole cases, cases with losses. A line that begins
 * with a tab is a loss of the crossing above it: the loss, then its cases. A line that begins with "#" is for people.
 */
export function readTable(text: string): Crossing[] {
  const table: (Crossing & { losses: Record<string, readonly string[]> })[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [first = "", ...cells] = line.split("\t");
    const [second = "", ...rest] = cells;
    if (first !== "") {
      const [lane = "", whole, lossy] = rest;
      table.push({ kind: first, client: second, lane, whole: Number(whole), lossy: Number(lossy), losses: {} });
      continue;
    }
    const crossing = table.at(-1);
    if (crossing !== undefined) crossing.losses[second] = rest;
  }
  return table;
}
