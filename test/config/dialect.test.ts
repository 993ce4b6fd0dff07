// Facts of dialect: who wins where several say something, and what holds for a server that no catalog knows.
import { describe, expect, test } from "bun:test";
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { dialectOf } from "../../src/config/dialect.ts";
import { providerOf } from "../../src/config/merge.ts";
import type { ConfigFile, DialectFacts } from "../../src/config/schema.ts";
import { STRANGER } from "../../src/ir/dialect.ts";

interface Said {
  readonly provider?: string;
  readonly upstreamModel?: string;
  readonly ofProvider?: DialectFacts;
  readonly ofModel?: DialectFacts;
}

function dialectFor({ provider = "workshop", upstreamModel = "some-model", ofProvider, ofModel }: Said) {
  const catalog = embeddedCatalog();
  const own = { protocol: "openai", base_url: "http://127.0.0.1:1", ...(ofProvider && { dialect: ofProvider }) };
  const config: ConfigFile = { providers: { [provider]: own }, models: {} };
  const model = { provider, ...(ofModel && { dialect: ofModel }) };
  const merged = providerOf(provider, config, catalog);
  if (merged === undefined) throw new Error("the provider is configured");
  return dialectOf({ provider: merged, model, upstreamModel, catalog });
}

describe("what a lane's server takes", () => {
  test("a server in no catalog takes what every compatible one takes", () => {
    expect(dialectFor({})).toEqual(STRANGER);
  });

  const sampling = ["temperature", "top_p"];
  test.each<[string, Said, Partial<typeof STRANGER>]>([
    ["the catalog's provider", { provider: "openai" }, { developerRole: true, customTools: true }],
    [
      "a configured provider over the catalog",
      { provider: "openai", ofProvider: { custom_tools: false } },
      { developerRole: true, customTools: false },
    ],
    [
      "a configured model over its provider",
      { ofProvider: { developer_role: true }, ofModel: { developer_role: false } },
      { developerRole: false },
    ],
    [
      "a provider over a family",
      { upstreamModel: "o3", ofProvider: { refused_settings: ["seed"] } },
      { refusedSettings: ["seed"] },
    ],
    ["a model that nothing is said of", { upstreamModel: "foo3" }, { refusedSettings: [] }],
  ])("%s", (_, said, facts) => expect(dialectFor(said)).toMatchObject(facts));

  test.each(["o3", "O3-mini", "openai/o3", "o4-mini-2025-04-16"])("a family holds for %s", (upstreamModel) => {
    expect(dialectFor({ upstreamModel }).refusedSettings).toEqual(expect.arrayContaining(sampling));
  });
});
