/** Which pages a layout has for a snapshot, and what stands on each. Nothing is drawn here. */

import type { Allowance } from "../../ir/allowance.ts";
import type { HealthLabel } from "../../ir/lane-facts.ts";
import { unreachable } from "../../std/unreachable.ts";
import { hottest } from "../allowance.ts";
import { isOut, type LaneSnapshot, type Snapshot } from "../snapshot.ts";
import { type Spent, sumOf } from "../spent.ts";

export const LAYOUT_IDS = ["provider_dashboard", "quota_carousel", "burn_status", "alerts"] as const;
export type LayoutId = (typeof LAYOUT_IDS)[number];

export interface PageOptions {
  /** Shown; empty: all. */
  readonly providers: readonly string[];
  /** Share of an allowance from which it burns, 0 to 1. */
  readonly burnShare: number;
}

interface ProviderView {
  readonly name: string;
  /** In the order of the configuration. */
  readonly lanes: readonly HealthLabel[];
  readonly today: Spent;
}

export type Page =
  /** A provider's lanes one by one, and what it cost today. */
  | { readonly kind: "provider"; readonly provider: ProviderView }
  /** What is left of something limited. `usedShare` null: not known. */
  | { readonly kind: "allowance"; readonly allowance: Allowance }
  /** A provider of which no limit is known: what it did today. */
  | { readonly kind: "use"; readonly provider: ProviderView }
  | {
      readonly kind: "burn";
      readonly burn: readonly Spent[];
      readonly hottestShare: number | null;
      readonly isHot: boolean;
    }
  /** All is well, or no lane has answered yet. */
  | { readonly kind: "calm"; readonly lanes: number; readonly taking: number; readonly isProven: boolean }
  | { readonly kind: "trouble"; readonly provider: ProviderView; readonly label: HealthLabel }
  | { readonly kind: "overdrawn"; readonly allowance: Allowance & { readonly usedShare: number } }
  | { readonly kind: "all-out"; readonly lanes: number }
  /** There is no provider to show. */
  | { readonly kind: "nothing" };

/** A matrix that pages through more than this cannot be followed. */
export const PAGES_MAX = 24;

/** At least one. */
export function pagesOf(layouts: readonly LayoutId[], snapshot: Snapshot, options: PageOptions): readonly Page[] {
  const view = viewOf(snapshot, options);
  const pages = view.providers.length === 0 ? [] : layouts.flatMap((layout) => layoutPages(layout, view));
  return pages.length === 0 ? [{ kind: "nothing" }] : pages.slice(0, PAGES_MAX);
}

interface View {
  readonly snapshot: Snapshot;
  readonly lanes: readonly LaneSnapshot[];
  readonly providers: readonly ProviderView[];
  readonly allowances: readonly Allowance[];
  readonly burnShare: number;
}

/** Budgets concern everybody and are shown whatever the filter says. */
function viewOf(snapshot: Snapshot, { providers, burnShare }: PageOptions): View {
  const wanted = (name: string) => providers.length === 0 || providers.includes(name);
  const lanes = snapshot.lanes.filter((lane) => wanted(lane.provider));
  const groups = Map.groupBy(lanes, (lane) => lane.provider);
  return {
    snapshot,
    lanes,
    providers: [...groups].map(([name, own]) => ({
      name,
      lanes: own.map((lane) => lane.label),
      today: sumOf(own.map((lane) => lane.today)),
    })),
    allowances: snapshot.allowances.filter((each) => each.kind === "budget" || wanted(each.name)),
    burnShare,
  };
}

function layoutPages(layout: LayoutId, view: View): Page[] {
  switch (layout) {
    case "provider_dashboard":
      return view.providers.map((provider) => ({ kind: "provider", provider }));
    case "quota_carousel":
      return quotaPages(view);
    case "burn_status":
      return [burnPage(view)];
    case "alerts":
      return alertPages(view);
    default:
      return unreachable(layout);
  }
}

function quotaPages({ providers, allowances }: View): Page[] {
  const pageOf = (allowance: Allowance): Page => ({ kind: "allowance", allowance });
  const own = providers.flatMap((provider) => {
    const quotas = allowances.filter((each) => each.kind === "quota" && each.name === provider.name);
    return quotas.length === 0 ? [{ kind: "use" as const, provider }] : quotas.map(pageOf);
  });
  return [...own, ...allowances.filter((each) => each.kind === "budget").map(pageOf)];
}

function burnPage({ snapshot, allowances, burnShare }: View): Page {
  const hottestShare = hottest(allowances)?.usedShare ?? null;
  return { kind: "burn", burn: snapshot.burn, hottestShare, isHot: hottestShare !== null && hottestShare >= burnShare };
}

function alertPages({ providers, allowances, lanes, burnShare }: View): Page[] {
  if (lanes.every((lane) => isOut(lane.label))) return [{ kind: "all-out", lanes: lanes.length }];
  const troubles = providers.flatMap((provider): Page[] => {
    const out = provider.lanes.filter(isOut);
    const label = out.toSorted((left, right) => SEVERITY.indexOf(right) - SEVERITY.indexOf(left))[0];
    return label === undefined ? [] : [{ kind: "trouble", provider, label }];
  });
  const overdrawn = allowances.flatMap((allowance): Page[] => {
    const { usedShare } = allowance;
    return usedShare === null || usedShare < burnShare
      ? []
      : [{ kind: "overdrawn", allowance: { ...allowance, usedShare } }];
  });
  if (troubles.length + overdrawn.length > 0) return [...troubles, ...overdrawn];
  const taking = lanes.filter((lane) => !isOut(lane.label)).length;
  return [{ kind: "calm", lanes: lanes.length, taking, isProven: lanes.some((lane) => lane.label === "healthy") }];
}

/** Of lanes that are out, the one a person must look after first is last. */
const SEVERITY: readonly HealthLabel[] = ["disabled", "cooling-down", "rate-limited", "exhausted", "auth-failed"];
