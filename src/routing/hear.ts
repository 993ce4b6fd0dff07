/** What a vendor told of its limits, taken into the book: nobody is blamed and nothing is left out, but labels may change. */
import type { QuotaFact } from "../ir/quota.ts";
import { type LanePage, labelEverywhere } from "./book.ts";
import type { Change } from "./condition.ts";
import { pressedForMs, takeQuota } from "./quota.ts";

/** One change for each lane whose label it changed. */
export function hearQuotas(page: LanePage, facts: readonly QuotaFact[], nowMs: number): Change[] {
  const concerned = facts.some(({ scope }) => scope === "account") ? page.account.lanes : [page];
  const before = concerned.map((each) => labelEverywhere(each, nowMs));
  for (const fact of facts) takeQuota(fact.scope === "lane" ? page.quotas : page.account.quotas, fact, nowMs);
  return concerned.flatMap((each, index) => {
    const [from, to] = [before[index] ?? "unknown", labelEverywhere(each, nowMs)];
    if (from === to) return [];
    const forMs = to === "pressure" ? pressedForMs(each, nowMs) : null;
    return [{ target: null, lane: each.lane.id, from, to, because: "quota", forMs }];
  });
}
