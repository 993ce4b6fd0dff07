// The ledger under load while workers and supervisors are killed, more often than `npm test` has time for.
import { expect, test } from "bun:test";
import { faultsOf, type KillLoopInput, killLoop } from "../../harness/kill-loop.ts";

const KILLS = 12;

test.each<Pick<KillLoopInput, "workers" | "who">>([
  { workers: 1, who: "both" },
  { workers: 2, who: "both" },
  { workers: 2, who: "supervisor" },
])(
  "$workers workers, killed: $who",
  async (input) => {
    const result = await killLoop({ ...input, kills: KILLS });
    expect(faultsOf(result, input.who)).toEqual([]);
    expect(result.kills).toBe(KILLS);
    expect(result.answered).toBeGreaterThan(KILLS);
  },
  120_000,
);
