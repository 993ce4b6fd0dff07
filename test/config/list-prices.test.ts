// The table of public prices: that it is what the script writes, that every line of it can be read, and who is found in it.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { priceTable } from "../../scripts/prices.ts";
import { listPrices } from "../../src/config/list-prices.ts";

const FILE = new URL("../../prices.tsv", import.meta.url);
const TEXT = readFileSync(FILE, "utf8");

test("the committed table is what `bun scripts/prices.ts` wrote on its day", () => {
  const day = /prices of (\d{4}-\d{2}-\d{2})\.$/m.exec(TEXT)?.[1] ?? "";
  expect(TEXT).toBe(priceTable(new Date(`${day}T12:00:00Z`)));
});

test("every line reads as whole nano-dollars", () => {
  const addresses: Readonly<Record<string, string>> = { openai: "https://api.openai.com" };
  const vendors = TEXT.trimEnd().split("\n@").slice(1);
  expect(vendors.length).toBeGreaterThan(10);
  for (const vendor of vendors) {
    const [head = "", ...lines] = vendor.split("\n");
    const id = head.split("\t")[0] ?? "";
    expect([id, lines.length > 0, new Set(lines.map((line) => line.split("\t")[0])).size]).toEqual([
      id,
      true,
      lines.length,
    ]);
    const address = addresses[id];
    if (address === undefined) continue;
    for (const line of lines) expect(listPrices(address, line.split("\t")[0] ?? "")).not.toBeNull();
  }
});

describe("who is found", () => {
  const known: readonly [baseUrl: string, model: string, input: number | null][] = [
    ["https://api.openai.com", "gpt-4o-mini-2024-07-18", 150_000_000],
    ["https://API.openai.com", "gpt-4o-mini-2024-07-18", 150_000_000],
    ["https://mine.openai.azure.com", "o3-mini", 1_100_000_000],
    ["https://api.anthropic.com", "claude-sonnet-4-5", 3_000_000_000],
    // Only by the exact id, and only at the vendor itself.
    ["https://api.openai.com", "gpt-4o-mini-2024-07-18-x", null],
    ["https://api.openai.com", "GPT-4o-mini-2024-07-18", null],
    ["https://api.openai.com", "4o-mini-2024-07-18", null],
    ["https://api.openai.com", "gpt-4o-mini-2024-07-18\t0.15", null],
    ["https://api.openai.com", "", null],
    ["https://relay.example/https://api.openai.com", "gpt-4o-mini-2024-07-18", null],
    ["http://127.0.0.1:9000", "gpt-4o-mini-2024-07-18", null],
  ];
  for (const [baseUrl, model, input] of known) {
    test(`${model} at ${baseUrl}`, () => expect(listPrices(baseUrl, model)?.input ?? null).toBe(input));
  }

  test("tiers, and what the list has no price for", () => {
    expect(listPrices("https://api.anthropic.com", "claude-sonnet-4-5")).toMatchObject({
      cacheRead: 300_000_000,
      cacheWrite1h: 6_000_000_000,
      reasoning: null,
      tiers: [{ aboveTokens: 200_000, input: 6_000_000_000, cacheWrite1h: 12_000_000_000 }],
    });
  });
});
