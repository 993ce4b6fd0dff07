/** What a supervisor is given: the operator, the clock, the signals and the program, as arguments. */
import type { DisplayState } from "../displays/display.ts";
import type { Allowance } from "../ir/allowance.ts";
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { GivenList } from "../ir/standing.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Effects } from "../std/effects.ts";
import type { Environment } from "./environment.ts";
import type { LedgerService } from "./ledger-service.ts";
import type { WorkerOptions, WorkerProcess } from "./worker-process.ts";

export interface SupervisorOptions {
  /** Called once, while the first worker boots. Null: the reason was told to the operator already. Must not reject. */
  readonly load: () => Promise<Deployment | null>;
  readonly startWorker: (options: WorkerOptions) => WorkerProcess;
  readonly env: Environment;
  /** Opened once, before anything is served; a sentence: why it cannot be. Null: the deployment needs none. */
  readonly openLedger: (deployment: Deployment) => Promise<LedgerService | string | null>;
  /**
   * Shown every record and transition of every worker, a moment later; none: workers keep them to themselves. Asked once
   * for each deployment, and those of the last one are shown nothing any more.
   */
  readonly sinks: (
    deployment: Deployment,
    tell: (displays: readonly DisplayState[]) => void,
    /** What is limited, and how much of it is used now. */
    allowances: () => readonly Allowance[],
  ) => Promise<readonly Sink[]>;
  /** Vendors whose lists are watched, as this deployment asks them; absent: none is asked. */
  readonly vendorOf?: (deployment: Deployment) => VendorAsk;
  /** Once: every worker serves. */
  readonly onListening: (listening: Listening) => void;
  /** A line for the operator, without a line end. */
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
  /** Tells of the operator's signals until the function it returns is called. */
  readonly listenToSignals: (onSignal: (signal: Signal) => void) => () => void;
  readonly platform: string;
  /** What `workers: auto` stands for. */
  readonly cores: number;
  readonly effects: Omit<Effects, "fetch">;
}

/** A vendor, as one deployment asks it. */
export interface VendorAsk {
  /** Bounded in time and size. */
  ask(lane: Lane): Promise<GivenList | null>;
  /** The salted digest of the credential that is sent; null: none is. */
  digest(lane: Lane, salt: string): string | null;
}

export type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

export interface Listening {
  readonly deployment: Deployment;
  /**
   * Goes on with another deployment: exchanges under way end with the one they began with. Empty: done. Otherwise the
   * members of the configuration that only a restart can change; nothing has changed then.
   */
  readonly reconfigure: (deployment: Deployment) => Promise<readonly string[]>;
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
}
