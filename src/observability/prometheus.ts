/**
 * Writes metrics snapshots in the text format Prometheus scrapes. The library that knows the format is loaded at the
 * first scrape, so that neither the start of the process nor a request pays for it.
 */
import { METRICS, type MetricName, type MetricSpec } from "./metric-table.ts";
import { type HistogramSeries, type MetricsSnapshot, mergeSnapshots, type ValueSeries } from "./series.ts";

export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One process or several; metrics without a figure yet are named all the same. */
export async function renderPrometheus(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  const { AggregatorRegistry } = await import("prom-client");
  const merged = mergeSnapshots(snapshots);
  const metrics = METRIC_NAMES.map((name) => {
    const spec: MetricSpec = METRICS[name];
    return { name, help: spec.help, type: spec.type, aggregator: "sum", values: valuesOf(merged, name, spec) };
  });
  return AggregatorRegistry.aggregate([metrics]).metrics();
}

/** One line of the output. */
interface PrometheusValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

const METRIC_NAMES = Object.keys(METRICS).filter((name): name is MetricName => Object.hasOwn(METRICS, name));

function valuesOf(snapshot: MetricsSnapshot, name: MetricName, spec: MetricSpec): PrometheusValue[] {
  switch (spec.type) {
    case "counter":
      return plain(snapshot.counters[name] ?? [], { name, spec, partsPerUnit: spec.partsPerUnit });
    case "gauge":
      return plain(snapshot.gauges[name] ?? [], { name, spec, partsPerUnit: 1 });
    case "histogram":
      return (snapshot.histograms[name] ?? []).flatMap((series) =>
        histogram(series, { name, spec, bounds: spec.buckets }),
      );
  }
}

function plain(
  all: readonly ValueSeries[],
  { name, spec, partsPerUnit }: { name: string; spec: MetricSpec; partsPerUnit: number },
): PrometheusValue[] {
  return all.map(({ labels, value }) => ({
    metricName: name,
    labels: named(spec.labels, labels),
    value: value / partsPerUnit,
  }));
}

/** Buckets are cumulative in the text format: each counts what is not above its bound. */
function histogram(
  { labels, counts, sum }: HistogramSeries,
  { name, spec, bounds }: { name: string; spec: MetricSpec; bounds: readonly number[] },
): PrometheusValue[] {
  const own = named(spec.labels, labels);
  let total = 0;
  const buckets = counts.map((count, index): PrometheusValue => {
    total += count;
    return { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? "+Inf", ...own }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: own, value: sum },
    { metricName: `${name}_count`, labels: own, value: total },
  ];
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
