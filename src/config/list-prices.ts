/**
 * The vendors' public prices by exact model id (prices.tsv, which is embedded as text). A vendor is known by the
 * address of its API. A provider under an operator's own name is priced like the catalog's; a relay with other prices
 * is not. What stands at an address that the list does not know is priced as the vendor whose name it has.
 */
import priceList from "../../prices.tsv" with { type: "text" };
import type { Prices } from "../ir/deployment.ts";
import { type Nanos, usdToNanos } from "../std/money.ts";

/** Whose prices hold at an address: a sentence part. */
export function pricesSource(baseUrl: string | undefined): string {
  return baseUrl !== undefined && isListed(baseUrl) ? "price list" : "price list, by provider";
}

/** The list has prices of the vendor at this address. */
export function isListed(baseUrl: string): boolean {
  return modelsOf(baseUrl) !== "";
}

/** Null: the list does not know the vendor, or the model of it. Only the line that is asked for is read. */
export function listPrices(baseUrl: string, model: string): Prices | null {
  // An id is one word; anything else could match the middle of a line.
  if (!ONE_WORD.test(model)) return null;
  const models = modelsOf(baseUrl);
  const at = models.indexOf(`\n${model}\t`);
  if (at < 0) return null;
  const end = models.indexOf("\n", at + 1);
  return readLine(models.slice(at + 1, end < 0 ? undefined : end));
}

/** The lines of the first vendor whose pattern matches the address, each after a newline; empty: no vendor matches. */
function modelsOf(baseUrl: string): string {
  for (const section of VENDORS) {
    const [head = ""] = section.split("\n", 1);
    const pattern = head.slice(head.indexOf("\t") + 1);
    if (new RegExp(`^(?:${pattern})`, "i").test(baseUrl)) return section.slice(head.length);
  }
  return "";
}

/** Each begins with the vendor's id and pattern; what stands before the first vendor explains the file. */
const VENDORS: readonly string[] = priceList.trimEnd().split("\n@").slice(1);

const ONE_WORD = /^\S{1,200}$/;

/** Cells of a line before its tiers, the id not counted; and of a tier, its bound not counted. */
const COLUMNS = 8;
const TIER_COLUMNS = 5;

function readLine(line: string): Prices {
  const [, ...cells] = line.split("\t");
  const at = (index: number): Nanos | null => {
    const cell = cells[index];
    return cell === undefined || cell === "-" ? null : usdToNanos(cell);
  };
  const tiers: Prices["tiers"][number][] = [];
  for (let from = COLUMNS; from < cells.length; from += TIER_COLUMNS + 1) {
    tiers.push({
      aboveTokens: Number((cells[from] ?? "").slice(1)),
      input: at(from + 1),
      output: at(from + 2),
      cacheRead: at(from + 3),
      cacheWrite: at(from + 4),
      cacheWrite1h: at(from + 5),
    });
  }
  return {
    request: 0,
    input: at(0) ?? 0,
    output: at(1) ?? 0,
    cacheRead: at(2),
    cacheWrite: at(3),
    cacheWrite1h: at(4),
    reasoning: at(5),
    audioInput: at(6),
    audioOutput: at(7),
    tiers,
  };
}
