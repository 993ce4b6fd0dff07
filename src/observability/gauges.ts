/** What only the running gateway can tell of the present moment, handed over whenever the metrics are looked at. */

export interface Gauges {
  /** Requests being served. */
  readonly inflight: number;
  readonly openStreams: number;
  /** Requests waiting for a free slot, by pool or model. */
  readonly queues: readonly { readonly target: string; readonly waiting: number }[];
  readonly lanes: readonly {
    readonly lane: string;
    /** Its health label. */
    readonly label: string;
    readonly inflight: number;
    /** False: its vendor lists it no more. Absent: nothing says so. */
    readonly isListed?: false;
    /** Taken out of service by the operator. Absent: it is not. */
    readonly isParked?: true;
  }[];
  readonly cells: readonly { readonly target: string; readonly lane: string; readonly state: string }[];
  /** Folds that threw, by sink; and whatever else lost something it was told. Counted since the start. */
  readonly sinkFailures: ReadonlyMap<string, number>;
  readonly process: {
    readonly version: string;
    readonly commit: string;
    readonly uptimeMs: number;
    readonly residentBytes: number;
    /** Since the last look. */
    readonly eventLoopLagMaxMs: number;
  };
}
