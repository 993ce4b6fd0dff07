// Thousands of requests that no client library writes, through every pair of protocols, from a seed of this run.
// FUZZ_SEED=<n> repeats a run; a failure names the seed of its own request.
import { expect, test } from "bun:test";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { STRANGE_LANES, STRANGE_PAIRS, wrongAnswers, wrongOperations } from "../../harness/strange-run.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000_000);
const TIMES = 5_000;
/** Of a pair with a carrier of another protocol's bodies. */
const CARRIER_TIMES = 1_000;
/** Of one pair on a machine that does much else. */
const PAIR_MS_MAX = 180_000;

console.log(`strange requests: FUZZ_SEED=${SEED}, ${TIMES} for each pair of protocols`);

const runOf = (at: number, times: number) => ({ seed: SEED + at * TIMES, times });
const isOwn = ({ id, payload }: Protocol): boolean => id === payload.id;

test.each(STRANGE_PAIRS.map((pair, at) => ({ ...pair, at })))(
  "questions, $name",
  async ({ at, ...pair }) => {
    expect(await wrongAnswers(pair, runOf(at, isOwn(pair.client) && isOwn(pair.lane) ? TIMES : CARRIER_TIMES))).toEqual(
      [],
    );
  },
  PAIR_MS_MAX,
);

test.each(STRANGE_LANES.map((each, at) => ({ ...each, at })))(
  "what is asked beside chat, at a lane of $name",
  async ({ at, lane }) => {
    expect(await wrongOperations(lane, runOf(at, CARRIER_TIMES))).toEqual([]);
  },
  PAIR_MS_MAX,
);
