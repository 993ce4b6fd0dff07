/** What the server, and the process around it, know of a running gateway. */
import type { Exchange } from "../exchange/contract.ts";
import type { Explain } from "../exchange/probing/explain.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { MetricsSnapshot } from "../observability/series.ts";
import type { StatsDocument } from "../observability/stats.ts";
import type { BodyLimits } from "./body-room.ts";
import type { PageRule } from "./web-page.ts";

export interface Gateway {
  readonly exchange: Exchange;
  readonly routes: readonly Route[];
  readonly pages: PageRule;
  /** Of request bodies in memory. */
  readonly limits: BodyLimits;
  /** May this head read `/stats` and `/metrics`: by the admin token if one is set, else a client token, else on loopback only. */
  mayObserve(parts: RequestParts): boolean;
  /** May this head administer; null: there is no admin token, so there is no admin surface. */
  readonly mayAdminister: ((parts: RequestParts) => boolean) | null;
  /** Text without any secret of the deployment. */
  masked(text: string): string;
  /** What would happen to a request now. Sends nothing and moves nothing. */
  readonly explain: Explain;
  /** This process's `/stats` document. Plain data. */
  stats(): StatsDocument;
  /** This process's figures. Plain data. */
  metrics(): MetricsSnapshot;
  /** `reason` is shown by `/readyz`: a few words, no names of the configuration. */
  ready(): { readonly ok: boolean; readonly reason: string };
  /** Exchanges under way. */
  inFlight(): number;
  /** Ends every running exchange with an honest error; the time to drain is over. */
  stop(): void;
  /** Monotonic milliseconds. */
  nowMs(): number;
}
