/** What a policy is given and gives back. It orders lanes that may all serve; it never leaves one out. */

import type { Lane, Member, PolicyId, PolicySettings } from "../../ir/deployment.ts";
import type { Facts } from "../../ir/facts.ts";
import type { HealthLabel } from "../../ir/lane-facts.ts";
import type { LaneFigures } from "../recent-attempts.ts";
import type { Selection } from "../swrr.ts";

export interface Candidate {
  /** Its prices are `lane.prices`, in nano-dollars a million tokens; null: unknown. */
  readonly lane: Lane;
  readonly member: Member;
  readonly label: HealthLabel;
  /** null: never, which counts as the longest ago. */
  readonly lastUsedMs: number | null;
}

export interface PolicyInput<Id extends PolicyId = PolicyId> {
  readonly settings: PolicySettings[Id];
  /** In configured order. */
  readonly candidates: readonly Candidate[];
  readonly selection: Selection;
  /** Of the request: its size, and what it may answer with. */
  readonly facts: Facts;
  /** Of a session that has no lane yet; null: the request belongs to none. */
  readonly affinityKey: string | null;
  /** How busy, fast and reliable a lane is. Worked out when it is asked, so that other policies pay nothing for it. */
  readonly figuresOf: (lane: Lane) => LaneFigures;
}

export interface Ranking {
  /** The same candidates, best first. */
  readonly order: readonly Candidate[];
  /** What the selection is if the first of the order is taken as an exchange's first pick. */
  readonly next: Selection;
}

export type Policy<Id extends PolicyId = PolicyId> = (input: PolicyInput<Id>) => Ranking;
