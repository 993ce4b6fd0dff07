/**
 * Where the figures of the metrics table are kept: plain numbers in Maps, because they are counted on every request
 * and looked at every quarter of a minute. A snapshot is plain data, so that it can cross to another process.
 */
import {
  type GaugeSpec,
  type HistogramSpec,
  type LabelsOf,
  METRICS,
  type MetricName,
  type NameOf,
} from "./metric-table.ts";

/** A figure of a counter (in parts, see the table) or of a gauge. Labels in the order of the table. */
export interface ValueSeries {
  readonly labels: readonly string[];
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: readonly string[];
  /** Observations per bucket, not cumulative; one more than the table's bounds, the last one for what is above them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** By metric name. Survives JSON and structured cloning. */
export interface MetricsSnapshot {
  readonly counters: Readonly<Record<string, readonly ValueSeries[]>>;
  readonly gauges: Readonly<Record<string, readonly ValueSeries[]>>;
  readonly histograms: Readonly<Record<string, readonly HistogramSeries[]>>;
}

export interface Series {
  add<N extends NameOf<"counter">>(name: N, labels: LabelsOf<N>, parts?: number): void;
  observe<N extends NameOf<"histogram">>(name: N, labels: LabelsOf<N>, value: number): void;
  set<N extends NameOf<"gauge">>(name: N, labels: LabelsOf<N>, value: number): void;
  snapshot(): MetricsSnapshot;
}

interface MutableValue {
  readonly labels: readonly string[];
  value: number;
}

interface MutableHistogram {
  readonly labels: readonly string[];
  readonly counts: number[];
  sum: number;
}

export function createSeries(): Series {
  const counters = new Map<string, Map<string, MutableValue>>();
  const gauges = new Map<string, Map<string, MutableValue>>();
  const histograms = new Map<string, Map<string, MutableHistogram>>();
  return {
    add(name, labels, parts = 1) {
      seriesOf(counters, name, labels).value += parts;
    },
    set(name, labels, value) {
      seriesOf(gauges, name, labels).value = value;
    },
    observe(name, labels, value) {
      const { buckets }: HistogramSpec = METRICS[name];
      const series = histogramOf(histograms, name, labels, buckets.length);
      const bucket = bucketOf(buckets, value);
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
      series.sum += value;
    },
    snapshot: () => ({
      counters: listed(counters, (series) => ({ ...series })),
      gauges: listed(gauges, (series) => ({ ...series })),
      histograms: listed(histograms, (series) => ({ ...series, counts: [...series.counts] })),
    }),
  };
}

/** Adds up what several processes, or one process before and after a restart, have counted. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const counters = new Map<string, Map<string, MutableValue>>();
  const gauges = new Map<string, Map<string, MutableValue>>();
  const histograms = new Map<string, Map<string, MutableHistogram>>();
  for (const snapshot of snapshots) {
    for (const [name, { labels, value }] of flat(snapshot.counters)) seriesOf(counters, name, labels).value += value;
    for (const [name, { labels, value }] of flat(snapshot.gauges)) {
      const held = seriesOf(gauges, name, labels);
      held.value = mergeOf(name) === "max" ? Math.max(held.value, value) : held.value + value;
    }
    for (const [name, { labels, counts, sum }] of flat(snapshot.histograms)) {
      const held = histogramOf(histograms, name, labels, counts.length - 1);
      for (const [bucket, count] of counts.entries()) held.counts[bucket] = (held.counts[bucket] ?? 0) + count;
      held.sum += sum;
    }
  }
  return {
    counters: listed(counters, (series) => series),
    gauges: listed(gauges, (series) => series),
    histograms: listed(histograms, (series) => series),
  };
}

/** What outlives the process it was counted in: everything but the present moment. */
export function withoutGauges(snapshot: MetricsSnapshot): MetricsSnapshot {
  return { ...snapshot, gauges: {} };
}

/** Label values may hold anything but this character, which no configuration can write into a name. */
const SEPARATOR = "\u0000";

function seriesOf(
  families: Map<string, Map<string, MutableValue>>,
  name: string,
  labels: readonly string[],
): MutableValue {
  const family = familyOf(families, name);
  const key = keyOf(labels);
  let series = family.get(key);
  if (series === undefined) {
    series = { labels, value: 0 };
    family.set(key, series);
  }
  return series;
}

function histogramOf(
  families: Map<string, Map<string, MutableHistogram>>,
  name: string,
  labels: readonly string[],
  boundsCount: number,
): MutableHistogram {
  const family = familyOf(families, name);
  const key = keyOf(labels);
  let series = family.get(key);
  if (series === undefined) {
    series = { labels, counts: Array.from({ length: boundsCount + 1 }, () => 0), sum: 0 };
    family.set(key, series);
  }
  return series;
}

function familyOf<T>(families: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let family = families.get(name);
  if (family === undefined) {
    family = new Map();
    families.set(name, family);
  }
  return family;
}

/** Plain loops, here and below: both run a dozen times per request. */
function keyOf(labels: readonly string[]): string {
  let key = "";
  for (const label of labels) key += label + SEPARATOR;
  return key;
}

/** Index of the first bound the value does not exceed; the number of bounds when it exceeds them all. */
function bucketOf(bounds: readonly number[], value: number): number {
  let index = 0;
  for (const bound of bounds) {
    if (value <= bound) return index;
    index += 1;
  }
  return index;
}

function mergeOf(name: string): GaugeSpec["merge"] {
  const spec = isMetricName(name) ? METRICS[name] : null;
  return spec?.type === "gauge" ? spec.merge : "sum";
}

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function listed<T, U>(
  families: ReadonlyMap<string, ReadonlyMap<string, T>>,
  copy: (series: T) => U,
): Record<string, readonly U[]> {
  return Object.fromEntries([...families].map(([name, family]) => [name, [...family.values()].map(copy)]));
}

function* flat<T>(families: Readonly<Record<string, readonly T[]>>): Generator<[string, T]> {
  for (const [name, family] of Object.entries(families)) for (const series of family) yield [name, series];
}
