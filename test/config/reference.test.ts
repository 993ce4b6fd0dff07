/** docs/configuration.md: a row for every key of the schemas, no row for another, and the defaults the program really has. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { DEFAULT_TIMERS, DEFAULTS } from "../../src/config/defaults.ts";
import { catalogModelSchema, catalogProviderSchema, configSchema } from "../../src/config/schema.ts";
import { listKeyPaths } from "../../src/config/schema-walk.ts";
import { AWTRIX_DEFAULTS } from "../../src/displays/awtrix/schema.ts";
import { HOME_ASSISTANT_DEFAULTS } from "../../src/displays/home-assistant/schema.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const [configPart = "", catalogPart = ""] = page.split("## Keys of providers.yaml");
const rows = rowsOf(configPart);

/** The block of time limits is described once. */
const REPEATED = /^(?:providers|models|pools)\.<name>\.timeouts\./;

describe("keys of config.yaml", () => {
  const paths = listKeyPaths(configSchema).filter((path) => !REPEATED.test(path));

  test("every one has a row", () => expect(paths.filter((path) => !rows.has(path))).toEqual([]));
  test("every row is one", () => expect([...rows.keys()].filter((path) => !paths.includes(path))).toEqual([]));
  test("every row says something", () => {
    expect([...rows].filter(([, cells]) => cells.length !== 3 || cells.includes("")).map(([path]) => path)).toEqual([]);
  });
});

test("keys of providers.yaml: each stands in its own table or among those of a provider or model", () => {
  const own = rowsOf(catalogPart);
  const known = (path: string) =>
    own.has(path) || [...rows.keys()].some((row) => row === path || row.endsWith(`.${path}`));
  const paths = [...listKeyPaths(catalogProviderSchema), ...listKeyPaths(catalogModelSchema)];
  expect(paths.filter((path) => !known(path))).toEqual([]);
  expect([...own.keys()].filter((path) => !paths.includes(path))).toEqual([]);
});

describe("defaults", () => {
  const { buffered, streamed } = DEFAULT_TIMERS;
  test.each([
    ["listen", DEFAULTS.listen],
    ["drain_secs", DEFAULTS.drainSecs],
    ["observability.decisions.ring", DEFAULTS.decisionsRing],
    ["observability.decisions.db_path", DEFAULTS.decisionsPath],
    ["health.keep", true],
    ["health.path", DEFAULTS.statePath],
    ["providers.<name>.pressure_below", DEFAULTS.pressureBelow],
    ["models.<name>.max_concurrent", DEFAULTS.maxConcurrent],
    ["models.<name>.queue.max", DEFAULTS.queueMax],
    ["models.<name>.queue.max_wait_ms", DEFAULTS.queueWaitMs],
    ["providers.<name>.health.interval_secs", DEFAULTS.healthIntervalSecs],
    ["providers.<name>.health.timeout_secs", DEFAULTS.healthTimeoutSecs],
    ["pools.<name>.breaker.base_cooldown_secs", DEFAULTS.baseCooldownSecs],
    ["pools.<name>.breaker.max_cooldown_secs", DEFAULTS.maxCooldownSecs],
    ["pools.<name>.breaker.trip.window_s", DEFAULTS.tripWindowSecs],
    ["pools.<name>.breaker.trip.threshold", DEFAULTS.tripThreshold],
    ["pools.<name>.breaker.trip.min_requests", DEFAULTS.tripMinRequests],
    ["pools.<name>.breaker.trip.n", DEFAULTS.tripFailures],
    ["pools.<name>.failover.deadline_secs", DEFAULTS.failoverDeadlineSecs],
    ["pools.<name>.failover.cap", DEFAULTS.failoverCap],
    ["models.<name>.failover.deadline_secs", DEFAULTS.failoverDeadlineSecs],
    ["models.<name>.failover.cap", DEFAULTS.failoverCap],
    ["pools.<name>.on_exhausted.max_ms", DEFAULTS.waitMs],
    ["pools.<name>.affinity.ttl_secs", DEFAULTS.affinityTtlSecs],
    ["displays[].app", AWTRIX_DEFAULTS.app],
    ["displays[].palette", AWTRIX_DEFAULTS.palette],
    ["displays[].page_secs", AWTRIX_DEFAULTS.pageSecs],
    ["displays[].update_secs", DEFAULTS.displayUpdateSecs],
    ["displays[].scroll_speed", AWTRIX_DEFAULTS.scrollSpeed],
    ["displays[].brightness", AWTRIX_DEFAULTS.brightness],
    ["displays[].alerts.burn_pct", AWTRIX_DEFAULTS.burnPct],
    ["displays[].alerts.min_interval_secs", AWTRIX_DEFAULTS.alertSecs],
    ["displays[].discovery_prefix", HOME_ASSISTANT_DEFAULTS.discoveryPrefix],
    ["timeouts.connect_ms", buffered.connectMs],
    ["timeouts.first_byte_ms", buffered.firstByteMs],
    ["timeouts.idle_ms", buffered.idleMs],
    ["timeouts.total_ms", buffered.totalMs],
    ["timeouts.stream.first_byte_ms", streamed.firstByteMs],
    ["timeouts.stream.idle_ms", streamed.idleMs],
    ["timeouts.stream.total_ms", streamed.totalMs],
  ])("%s is %s", (path, value) => expect(rows.get(path)?.[1]).toBe(`\`${value}\``));
});

/** Cells after the first one, by the key in the first one. */
function rowsOf(text: string): Map<string, string[]> {
  const lines = text.split("\n").filter((line) => line.startsWith("| `"));
  const keyed = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const found = keyed.map(([key = "", ...cells]) => [key.replaceAll("`", ""), cells] as const);
  return new Map(found.filter(([key]) => !key.endsWith(".yaml")));
}
