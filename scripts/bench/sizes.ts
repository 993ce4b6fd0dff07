// How much of everything a run does: as much as a figure needs, or as little as a first look needs.

export interface Size {
  /** Each has two turns of every contender. */
  readonly rounds: number;
  readonly streamRounds: number;
  /** Of one turn, at 1 KB and 16 connections. */
  readonly requests: number;
  /** Of one turn. */
  readonly streams: number;
  /** Before anything is counted, of each kind: the runtime compiles what is hot, which takes about that long. */
  readonly warmRequests: number;
  readonly warmStreams: number;
  /** Before and for each figure of what is allocated. */
  readonly allocatingRequests: { readonly warm: number; readonly counted: number };
  readonly starts: number;
  readonly cellRequests: number;
  /** Between two looks at the memory of the same open streams. */
  readonly flatAfterMs: number;
  /** Virtual keys, and pools beside the one that is asked. */
  readonly most: number;
  /** Hard end of the run. */
  readonly runMsMax: number;
}

export const FULL: Size = {
  rounds: 3,
  streamRounds: 3,
  requests: 4_000,
  streams: 60,
  warmRequests: 30_000,
  warmStreams: 120,
  allocatingRequests: { warm: 30_000, counted: 15_000 },
  starts: 11,
  cellRequests: 1_000,
  flatAfterMs: 6_000,
  most: 10_000,
  runMsMax: 1_200_000,
};

export const QUICK: Size = {
  rounds: 2,
  streamRounds: 2,
  requests: 2_000,
  streams: 60,
  warmRequests: 8_000,
  warmStreams: 60,
  allocatingRequests: { warm: 12_000, counted: 10_000 },
  starts: 5,
  cellRequests: 300,
  flatAfterMs: 2_000,
  most: 1_000,
  runMsMax: 300_000,
};
