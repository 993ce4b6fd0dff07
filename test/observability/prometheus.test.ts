// The text of `/metrics`, byte for byte, and that it can be read back.
import { describe, expect, test } from "bun:test";
import { METRICS } from "../../src/observability/metric-table.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from "../../src/observability/prometheus.ts";
import { expectGolden } from "./golden.ts";
import { deployment, GAUGES, lane, RECORDS, record, transition } from "./samples.ts";

function worked() {
  const metrics = createMetrics(deployment(), () => GAUGES);
  for (const each of RECORDS) metrics.sink.record(each);
  metrics.sink.transition(transition());
  return metrics.snapshot();
}

test("the page", async () => {
  expectGolden(new URL("./goldens/metrics.txt", import.meta.url), await renderPrometheus([worked()]));
});

test("the type of the page", () => {
  expect(PROMETHEUS_CONTENT_TYPE).toStartWith("text/plain; version=0.0.4");
});

test("before the first request every metric is named", async () => {
  const page = await renderPrometheus([createMetrics(deployment()).snapshot()]);
  const named = page
    .split("\n")
    .filter((line) => line.startsWith("# TYPE "))
    .map((line) => line.split(" ")[2]);
  expect(named).toEqual(Object.keys(METRICS));
});

describe("several processes", () => {
  test("are one page", async () => {
    const page = await renderPrometheus([worked(), worked()]);
    expect(page).toContain('ringmain_requests_total{ingress_protocol="anthropic",pool="fast",outcome="ok"} 4\n');
    expect(page).toContain('ringmain_cost_usd_total{pool="fast",lane="acme/default/sonnet"} 0.0348\n');
    expect(page.match(/# TYPE ringmain_requests_total counter/g)).toHaveLength(1);
  });

  test("none at all is an empty page with every name", async () => {
    expect((await renderPrometheus([])).split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
  });
});

test("buckets are cumulative and end in the count", async () => {
  const page = await renderPrometheus([worked()]);
  const series = 'ringmain_request_duration_seconds_bucket{le="';
  const counts = page
    .split("\n")
    .filter((line) => line.startsWith(series) && line.includes('pool="fast"'))
    .map((line) => Number(line.split(" ").at(-1)));
  expect(counts).toEqual(counts.toSorted((left, right) => left - right));
  expect(counts.at(-1)).toBe(RECORDS.length - 1);
  expect(page).toContain(
    `ringmain_request_duration_seconds_count{ingress_protocol="anthropic",pool="fast"} ${RECORDS.length - 1}\n`,
  );
});

test("quotes, backslashes and line breaks in a configured name stay inside their label", async () => {
  const id = 'acme/"x\\y\nz"/m';
  const odd = deployment({ lanes: { [id]: lane(id, "anthropic") } });
  const metrics = createMetrics(odd);
  const attempts = record().attempts.map((each) => ({ ...each, lane: id }));
  metrics.sink.record(record({ attempts }));
  const page = await renderPrometheus([metrics.snapshot()]);
  expect(page).toContain('ringmain_upstream_attempts_total{pool="fast",lane="acme/\\"x\\\\y\\nz\\"/m"} 1\n');
});
