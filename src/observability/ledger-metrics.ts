/** What `/metrics` shows of the ledger, from the figures of its clients and of its writer. */
import type { LedgerClientFigures, LedgerWriterFigures } from "../ir/ledger-figures.ts";
import { createSeries, type MetricsSnapshot } from "./series.ts";

/** Of one process that serves. */
export function ledgerClientMetrics(figures: LedgerClientFigures): MetricsSnapshot {
  const series = createSeries();
  series.set("ringmain_ledger_unwritten_rows", [], figures.unwrittenRows);
  series.set("ringmain_ledger_oldest_unwritten_seconds", [], figures.oldestMs / 1000);
  for (const { limit, owner, count } of figures.refusals) {
    series.add("ringmain_limit_refusals_total", [limit, owner], count);
  }
  for (const { group, nanos } of figures.spent) series.add("ringmain_group_spend_usd_total", [group], nanos);
  return series.snapshot();
}

/** null: the writer did not answer in time, which is as bad as a disk that refuses. */
export function ledgerWriterMetrics(figures: LedgerWriterFigures | null): MetricsSnapshot {
  const series = createSeries();
  series.set("ringmain_ledger_degraded", [], figures === null || figures.isDegraded ? 1 : 0);
  if (figures === null) return series.snapshot();
  series.add("ringmain_ledger_commits_total", ["written"], figures.commits);
  series.add("ringmain_ledger_commits_total", ["failed"], figures.failedCommits);
  series.set("ringmain_ledger_queued_rows", [], figures.waitingRows);
  for (const { kind, count } of figures.leases) series.set("ringmain_ledger_leases", [kind], count);
  series.set("ringmain_ledger_leased_usd", [], figures.leasedNanos / 1_000_000_000);
  return series.snapshot();
}
