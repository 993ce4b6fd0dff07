/** One look at the lanes of a target, for a request that runs or is explained. */
import type { Pass } from "../governance/admission.ts";
import type { Lane, Target } from "../ir/deployment.ts";
import type { Facts } from "../ir/facts.ts";
import type { Condition, Exclusion } from "../routing/condition.ts";
import type { DecideInput } from "../routing/considered-lane.ts";
import { decide, type LaneChoice } from "../routing/decide.ts";
import type { LaneFigures } from "../routing/recent-attempts.ts";
import type { Selection } from "../routing/swrr.ts";
import type { World } from "./contract.ts";
import { exclusionOf } from "./lane/fitness.ts";
import type { ClientCall } from "./request/call.ts";
import type { SharedState } from "./shared-state.ts";

/** What one look at the lanes needs of a run; explaining has no run and looks the same way. */
interface LookInput {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  /** null: the request has no limits. */
  readonly pass: Pick<Pass, "affords"> | null;
  /** Whose account has too little left for one more attempt. */
  readonly cappedLanes: ReadonlyMap<string, unknown>;
  readonly tried: ReadonlySet<string>;
  readonly first: Lane | null;
  readonly needsRoomBeyond: number | null;
  /** Of the request's session at this target; null: none. */
  readonly sessionKey: string | null;
  /** False: nothing but the pick and the runner-up is looked at. Absent: the order of all lanes is. */
  readonly ranksAll?: boolean;
}

export function look(run: LookInput, target: Target): LaneChoice {
  return decide(new LaneLook(run, target));
}

/** A class, because every request looks, and a closure for each question would be made for one answer. */
class LaneLook implements DecideInput {
  readonly target: Target;
  readonly selection: Selection;
  readonly stuckTo: string | null;
  readonly #run: LookInput;
  readonly #nowMs: number;
  /** Handed on alone. */
  readonly figures = (lane: Lane): LaneFigures => this.#run.shared.health.figures(lane, this.#nowMs);

  constructor(run: LookInput, target: Target) {
    this.target = target;
    this.selection = run.shared.selections.get(target.name) ?? NO_SELECTION;
    this.stuckTo = stuckTo(run, target);
    this.#run = run;
    this.#nowMs = run.world.effects.nowMs();
  }

  get lanes(): Readonly<Record<string, Lane>> {
    return this.#run.world.deployment.lanes;
  }

  get facts(): Facts {
    return this.#run.call.request.facts;
  }

  get tried(): ReadonlySet<string> {
    return this.#run.tried;
  }

  get first(): Lane | null {
    return this.#run.first;
  }

  get needsRoomBeyond(): number | null {
    return this.#run.needsRoomBeyond;
  }

  get ranksAll(): boolean {
    return this.#run.ranksAll ?? true;
  }

  get affinityKey(): string | null {
    return this.#run.sessionKey;
  }

  condition(lane: Lane): Condition {
    return this.#run.shared.health.condition(this.target, lane, this.#nowMs);
  }

  usable(lane: Lane): Exclusion | null {
    const { cappedLanes, world, call, first } = this.#run;
    return cappedLanes.size > 0 && cappedLanes.has(lane.id) ? "capped" : exclusionOf(world, call, lane, first);
  }

  affords(lane: Lane): boolean {
    return this.#run.pass?.affords(lane) ?? true;
  }

  lastUsedMs(laneId: string): number | null {
    return this.#run.shared.lastUsedMs.get(laneId) ?? null;
  }
}

const NO_SELECTION: Selection = new Map();

/** Id of the lane that has the request's session; null: none. */
export function stuckTo(
  { world, shared, sessionKey }: Pick<LookInput, "world" | "shared" | "sessionKey">,
  target: Target,
) {
  return sessionKey === null ? null : shared.sessions.laneOf(target, sessionKey, world.effects.nowMs());
}
