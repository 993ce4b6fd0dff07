// Writes prices.tsv: the public price list of @pydantic/genai-prices (MIT) as far as the gateway can apply it, one line for
// each exact model id. Run it after raising that package; the file it writes is committed and embedded.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { calcPrice, findProvider, type ModelInfo, type ModelPrice, type Provider } from "@pydantic/genai-prices";
import { parse } from "yaml";
import manifest from "../package.json" with { type: "json" };
import { readUsd } from "../src/std/money.ts";

const root = join(import.meta.dir, "..");
const FILE = join(root, "prices.tsv");
const PACKAGE = "@pydantic/genai-prices";

/** Vendors the catalog reaches by an address with a name or a region in it. */
const ADDRESSES_WITH_NAMES = [
  "https://bedrock-runtime.us-east-1.amazonaws.com",
  "https://us-east5-aiplatform.googleapis.com",
  "https://example.openai.azure.com",
];

/** In the order of a line of the table. `null`: no such price in the list. */
const COLUMNS = [
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_1h_mtok",
  "output_reasoning_mtok",
  "input_audio_mtok",
  "output_audio_mtok",
] as const;
/** Those of them that may change with the size of the prompt. */
const TIERED = COLUMNS.slice(0, 5);
/** Paid for what a client asks a vendor's own tools to do; they are on top of the tokens and no part of their price. */
const BESIDE_TOKENS: ReadonlySet<string> = new Set(["web_searches_kcount", "storage_searches_kcount"]);
/** Only matters where audio was cached, which no usage report tells apart. */
const TOO_FINE: ReadonlySet<string> = new Set(["cache_audio_read_mtok"]);

if (import.meta.main) {
  const text = priceTable(new Date());
  await Bun.write(FILE, text);
  console.log(`${FILE}: ${text.split("\n").length} lines`);
}

/** The whole file; `read` is the day whose prices hold. */
export function priceTable(read: Date): string {
  const vendors = vendorsOf().map((vendor) => ({
    id: vendor.id,
    api: vendor.api_pattern,
    lines: vendor.models.flatMap((model) => linesOf(vendor, model, read)).toSorted(),
  }));
  const blocks = vendors
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ id, api, lines }) => [`@${id}\t${api}`, ...lines]);
  const columns = COLUMNS.map((name) => name.replace("_mtok", "")).join(", ");
  const head = [
    "# What vendors charge, in dollars per million tokens. Written by scripts/prices.ts, never by hand.",
    `# Source: ${PACKAGE} ${manifest.devDependencies[PACKAGE]} (MIT), prices of ${day(read)}.`,
    "# A line that begins with @: a vendor, and a pattern for the addresses of its API. Its models follow.",
    `# Any other line: the exact id of a model, then ${columns};`,
    '# then, for prompts above a number of tokens, that number and the first five again. "-": the list has no such price.',
  ];
  return `${[...head, ...blocks].join("\n")}\n`;
}

function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** Vendors that the catalog can reach, once each, by id. */
function vendorsOf(): Provider[] {
  const catalog: Record<string, { base_url?: string }> = parse(readFileSync(join(root, "providers.yaml"), "utf8"));
  const addresses = [...Object.values(catalog).flatMap((entry) => entry?.base_url ?? []), ...ADDRESSES_WITH_NAMES];
  const found = addresses.flatMap((providerApiUrl) => findProvider({ providerApiUrl }) ?? []);
  return [...new Map(found.map((vendor) => [vendor.id, vendor])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function linesOf(vendor: Provider, model: ModelInfo, read: Date): string[] {
  const prices = pricesNow(model, read);
  const cells = prices === null ? null : cellsOf(model.id, prices);
  if (cells === null) return [];
  return exactIds(model)
    .filter((id) => !/\s/.test(id) && answersTo(vendor, model, id))
    .map((id) => `${id}\t${cells}`);
}

/** The model's own id, and those the list takes for it letter by letter. */
function exactIds(model: ModelInfo): string[] {
  const spelled = "or" in model.match ? model.match.or : [model.match];
  return [...new Set([model.id, ...spelled.flatMap((rule) => ("equals" in rule ? rule.equals : []))])];
}

/** The list itself, asked for that id, means this model: rules may shadow each other. */
function answersTo(vendor: Provider, model: ModelInfo, id: string): boolean {
  return calcPrice({ input_tokens: 1, output_tokens: 1 }, id, { providerId: vendor.id })?.model.id === model.id;
}

/** Those of the day; null: they change with the time of day, which a record of the past could not be checked against. */
function pricesNow(model: ModelInfo, read: Date): ModelPrice | null {
  if (!Array.isArray(model.prices)) return model.prices;
  let held: ModelPrice | null = null;
  for (const { constraint, prices } of model.prices) {
    if (constraint !== undefined && constraint.type !== "start_date") return null;
    if (constraint === undefined || constraint.start_date <= day(read)) held = prices;
  }
  return held;
}

/** Null: something is charged that usage reports do not count, so that the sum would be wrong. */
function cellsOf(id: string, prices: ModelPrice): string | null {
  const given = Object.entries(prices).filter(([, price]) => price !== undefined);
  const known: ReadonlySet<string> = new Set([...COLUMNS, ...BESIDE_TOKENS, ...TOO_FINE]);
  if (given.some(([name]) => !known.has(name))) return null;
  const all: ModelPrice = { ...(/embed/i.test(id) ? { output_mtok: 0 } : {}), ...prices };
  if (all["input_mtok"] === undefined || all["output_mtok"] === undefined) return null;
  const cells = COLUMNS.map((name) => cell(baseOf(all[name])));
  const bounds = new Set(TIERED.flatMap((name) => tiersOf(all[name]).map((tier) => tier.start)));
  const tiers = [...bounds]
    .toSorted((left, right) => left - right)
    .flatMap((start) => [
      `>${start}`,
      ...TIERED.map((name) => cell(tiersOf(all[name]).find((tier) => tier.start === start)?.price)),
    ]);
  const line = [...cells, ...tiers];
  return line.some((each) => each === null) ? null : line.join("\t");
}

function baseOf(price: ModelPrice[string]): number | undefined {
  return typeof price === "object" ? price.base : price;
}

function tiersOf(price: ModelPrice[string]): readonly { readonly start: number; readonly price: number }[] {
  return typeof price === "object" ? price.tiers : [];
}

/** Null: finer than a nano-dollar. */
function cell(usd: number | undefined): string | null {
  if (usd === undefined) return "-";
  return readUsd(usd) === null ? null : String(usd);
}
