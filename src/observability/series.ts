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
  const counters: Families<MutableValue> = new Map();
  const gauges: Families<MutableValue> = new Map();
  const histograms: Families<MutableHistogram> = new Map();
  return {
    add(name, labels, parts = 1) {
      seriesOf(counters, name, labels, createValue).value += parts;
    },
    set(name, labels, value) {
      seriesOf(gauges, name, labels, createValue).value = value;
    },
    observe(name, labels, value) {
      const series = seriesOf(histograms, name, labels, createHistogram);
      const { buckets }: HistogramSpec = METRICS[name];
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
  const counters: Families<MutableValue> = new Map();
  const gauges: Families<MutableValue> = new Map();
  const histograms: Families<MutableHistogram> = new Map();
  for (const snapshot of snapshots) {
    for (const [name, { labels, value }] of flat(snapshot.counters)) {
      seriesOf(counters, name, labels, createValue).value += value;
    }
    for (const [name, { labels, value }] of flat(snapshot.gauges)) {
      const held = seriesOf(gauges, name, labels, createValue);
      held.value = mergeOf(name) === "max" ? Math.max(held.value, value) : held.value + value;
    }
    for (const [name, { labels, counts, sum }] of flat(snapshot.histograms)) {
      const held = seriesOf(histograms, name, labels, createHistogram);
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

/** By metric name. */
type Families<T> = Map<string, Family<T>>;

/**
 * The series of one metric, as a tree with one level per label: going down is a lookup per label by a text whose hash
 * is known already, while a joined key would be built and hashed anew a dozen times per request.
 */
interface Family<T> {
  readonly root: Branch<T>;
  readonly all: T[];
}

interface Branch<T> {
  readonly below: Map<string, Branch<T>>;
  series: T | null;
}

function seriesOf<T>(
  families: Families<T>,
  name: string,
  labels: readonly string[],
  create: (name: string, labels: readonly string[]) => T,
): T {
  let family = families.get(name);
  if (family === undefined) {
    family = { root: createBranch(), all: [] };
    families.set(name, family);
  }
  let branch = family.root;
  for (const label of labels) {
    let next = branch.below.get(label);
    if (next === undefined) {
      next = createBranch();
      branch.below.set(label, next);
    }
    branch = next;
  }
  if (branch.series === null) {
    branch.series = create(name, labels);
    family.all.push(branch.series);
  }
  return branch.series;
}

function createBranch<T>(): Branch<T> {
  return { below: new Map(), series: null };
}

function createValue(_name: string, labels: readonly string[]): MutableValue {
  return { labels, value: 0 };
}

function createHistogram(name: string, labels: readonly string[]): MutableHistogram {
  const spec = isMetricName(name) ? METRICS[name] : null;
  const bounds = spec?.type === "histogram" ? spec.buckets.length : 0;
  return { labels, counts: Array.from({ length: bounds + 1 }, () => 0), sum: 0 };
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

function listed<T, U>(families: Families<T>, copy: (series: T) => U): Record<string, readonly U[]> {
  return Object.fromEntries([...families].map(([name, family]) => [name, family.all.map(copy)]));
}

function* flat<T>(families: Readonly<Record<string, readonly T[]>>): Generator<[string, T]> {
  for (const [name, family] of Object.entries(families)) for (const series of family) yield [name, series];
}
