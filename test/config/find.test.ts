/** Which files are used: what was named on purpose first, then the usual places in order, and the built-in catalog last. */
import { describe, expect, test } from "bun:test";
import { type FindInput, findConfig } from "../../src/config/find.ts";

const find = (files: readonly string[], rest: Partial<FindInput> = {}) =>
  findConfig({ argv: [], env: { HOME: "/home/me" }, cwd: "/srv", ...rest, exists: (path) => files.includes(path) });

describe("config", () => {
  const XDG = { XDG_CONFIG_HOME: "/xdg", HOME: "/home/me" };
  const ROWS: readonly (readonly [
    name: string,
    files: readonly string[],
    rest: Partial<FindInput>,
    config: string | null,
  ])[] = [
    ["nothing anywhere", [], {}, null],
    ["this folder", ["/srv/config.yaml", "/home/me/.config/ringmain/config.yaml"], {}, "/srv/config.yaml"],
    [
      "the home",
      ["/home/me/.config/ringmain/config.yaml", "/etc/ringmain/config.yaml"],
      {},
      "/home/me/.config/ringmain/config.yaml",
    ],
    [
      "XDG over the home",
      ["/xdg/ringmain/config.yaml", "/home/me/.config/ringmain/config.yaml"],
      { env: XDG },
      "/xdg/ringmain/config.yaml",
    ],
    [
      "a relative XDG counts for nothing",
      ["/home/me/.config/ringmain/config.yaml"],
      { env: { ...XDG, XDG_CONFIG_HOME: "x" } },
      "/home/me/.config/ringmain/config.yaml",
    ],
    ["the machine", ["/etc/ringmain/config.yaml"], { env: {} }, "/etc/ringmain/config.yaml"],
    ["the option", ["/a.yaml", "/srv/config.yaml"], { argv: ["--config", "/a.yaml"] }, "/a.yaml"],
    [
      "the option with an equals sign",
      ["/srv/sub/a.yaml"],
      { argv: ["--json", "--config=sub/a.yaml"] },
      "/srv/sub/a.yaml",
    ],
    ["the option over the variable", ["/a", "/b"], { argv: ["--config", "/a"], env: { RINGMAIN_CONFIG: "/b" } }, "/a"],
    ["the variable", ["/b", "/srv/config.yaml"], { env: { RINGMAIN_CONFIG: "/b" } }, "/b"],
    ["the old variable", ["/c"], { env: { BUSBAR_CONFIG: "/c" } }, "/c"],
    ["the new variable over the old", ["/b", "/c"], { env: { BUSBAR_CONFIG: "/c", RINGMAIN_CONFIG: "/b" } }, "/b"],
    ["an empty variable is none", ["/srv/config.yaml"], { env: { RINGMAIN_CONFIG: "" } }, "/srv/config.yaml"],
  ];
  test.each(ROWS)("%s", (_, files, rest, config) =>
    expect(find(files, rest)).toMatchObject({ config, explicitMissing: [] }),
  );

  test("one that was named and is not there is missing, and no other takes its place", () => {
    expect(find(["/srv/config.yaml"], { argv: ["--config", "nope.yaml"] })).toMatchObject({
      config: null,
      explicitMissing: ["/srv/nope.yaml"],
    });
    expect(find(["/srv/config.yaml"], { env: { BUSBAR_CONFIG: "/nope" } })).toMatchObject({
      config: null,
      explicitMissing: ["/nope"],
    });
  });

  test("the places are told in order", () => {
    expect(find([]).tried).toEqual([
      "/srv/config.yaml",
      "/home/me/.config/ringmain/config.yaml",
      "/etc/ringmain/config.yaml",
    ]);
  });
});

describe("providers", () => {
  const ROWS: readonly (readonly [
    name: string,
    files: readonly string[],
    rest: Partial<FindInput>,
    providers: string,
  ])[] = [
    ["built in", ["/srv/config.yaml"], {}, "embedded"],
    [
      "beside the configuration",
      ["/a/config.yaml", "/a/providers.yaml", "/srv/providers.yaml"],
      { argv: ["--config", "/a/config.yaml"] },
      "/a/providers.yaml",
    ],
    [
      "in the home",
      ["/srv/config.yaml", "/home/me/.config/ringmain/providers.yaml"],
      {},
      "/home/me/.config/ringmain/providers.yaml",
    ],
    ["of the machine", ["/srv/config.yaml", "/etc/ringmain/providers.yaml"], {}, "/etc/ringmain/providers.yaml"],
    ["the option", ["/p", "/srv/providers.yaml"], { argv: ["--providers=/p"] }, "/p"],
    ["the variable", ["/p", "/srv/providers.yaml"], { env: { RINGMAIN_PROVIDERS: "/p" } }, "/p"],
    ["the old variable", ["/p"], { env: { BUSBAR_PROVIDERS: "/p" } }, "/p"],
  ];
  test.each(ROWS)("%s", (_, files, rest, providers) =>
    expect(find(files, rest)).toMatchObject({ providers, explicitMissing: [] }),
  );

  test("one that was named and is not there is missing", () => {
    expect(find(["/srv/config.yaml"], { env: { BUSBAR_PROVIDERS: "/nope" } }).explicitMissing).toEqual(["/nope"]);
  });
});
