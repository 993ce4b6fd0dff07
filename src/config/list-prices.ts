/**
 * The vendors' public prices by exact model id (price-table.ts). A vendor is known by the address of its API, so that a
 * provider of one's own name is priced like the catalog's, and a relay with prices of its own is not.
 */
import type { Prices } from "../ir/deployment.ts";
import { type Nanos, usdToNanos } from "../std/money.ts";
import { VENDOR_PRICES } from "./price-table.ts";

/** Null: the list does not know the vendor, or the model of it. */
export function listPrices(baseUrl: string, model: string): Prices | null {
  // An id is one word; anything else could match the middle of a line.
  if (!ONE_WORD.test(model)) return null;
  const vendor = VENDOR_PRICES.find(({ api }) => new RegExp(`^(?:${api})`, "i").test(baseUrl));
  if (vendor === undefined) return null;
  const at = vendor.models.indexOf(`\n${model} `);
  if (at < 0) return null;
  return readLine(vendor.models.slice(at + 1, vendor.models.indexOf("\n", at + 1)));
}

const ONE_WORD = /^\S{1,200}$/;

/** Cells of a line before its tiers, the id not counted; and of a tier, its bound not counted. */
const COLUMNS = 8;
const TIER_COLUMNS = 5;

function readLine(line: string): Prices {
  const [, ...cells] = line.split(" ");
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
