/** What must be true of the order of lanes: the same model before another one, and an ordered pool's first member while it can serve. */
import { isSameModel } from "../../src/ir/canonical.ts";
import type { Deployment, Lane, Target } from "../../src/ir/deployment.ts";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import type { Claim } from "./simulation-audit.ts";

/** One admission of a lane, and which lanes of its target could have been admitted at that moment. */
export interface Admitted {
  readonly target: string;
  readonly lane: string;
  readonly atMs: number;
  readonly ready: ReadonlySet<string>;
}

interface RoutingTruth {
  /** As it was meant. */
  readonly deployment: Deployment;
  readonly admitted: readonly Admitted[];
  readonly wallOffsetMs: number;
}

export function judgeRouting(record: ExchangeRecord, truth: RoutingTruth, claim: Claim): void {
  judgeSameModel(record, truth, claim);
  judgeOrdered(record, truth, claim);
}

/** Of two exchanges at one moment either may be meant: only what holds of both is claimed. */
function admissionsOf(
  { startedWallMs, attempts }: ExchangeRecord,
  { admitted, wallOffsetMs }: RoutingTruth,
): readonly (readonly Admitted[])[] {
  return attempts.map(({ lane, startedMs }) => {
    const atMs = startedWallMs - wallOffsetMs + startedMs;
    return admitted.filter((each) => each.lane === lane && Math.abs(each.atMs - atMs) < 1e-6);
  });
}

function judgeSameModel(record: ExchangeRecord, truth: RoutingTruth, claim: Claim): void {
  const { lanes, targets } = truth.deployment;
  const admissions = admissionsOf(record, truth);
  const laneAt = (at: number): Lane | undefined => lanes[record.attempts[at]?.lane ?? ""];
  for (let at = 1; at < record.attempts.length; at++) {
    const [target, ...others] = [...new Set(admissions[at]?.map((each) => each.target))];
    const lane = laneAt(at);
    const meant = target === undefined ? undefined : targets[target];
    if (meant === undefined || others.length > 0 || lane === undefined || !isJudged(record, meant)) continue;
    const before = Array.from({ length: at }, (_, index) => index).flatMap((index) => {
      const isHere = admissions[index]?.some((each) => each.target === target) === true;
      return isHere ? (laneAt(index) ?? []) : [];
    });
    if (before.length === 0 || before.some((each) => isSame(each, lane))) continue;
    const tried = new Set(record.attempts.slice(0, at).map((each) => each.lane));
    const passed = record.offered.find((id) => {
      const other = lanes[id];
      if (other === undefined || tried.has(id) || !before.some((each) => isSame(each, other))) return false;
      return admissions[at]?.every(({ ready }) => ready.has(id)) === true;
    });
    claim(passed === undefined, `${lane.id} was asked before ${passed}, which is the same model as one that failed`);
  }
}

/** What is too long for a lane, or must keep something, has reasons of its own to pass a lane by. */
function isJudged({ attempts }: ExchangeRecord, { failover }: Target): boolean {
  const isTooLarge = attempts.some(({ outcome }) => outcome === "context-length" || outcome === "upstream-too-large");
  return failover.prefer === "same-model" && failover.keep.length === 0 && !isTooLarge;
}

function isSame(one: Lane, other: Lane): boolean {
  return one.model === other.model || isSameModel(one, other);
}

/** `offered` is no order to be trusted here: it only says who could serve when the first lane was chosen. */
function judgeOrdered(record: ExchangeRecord, { deployment }: RoutingTruth, claim: Claim): void {
  const target = deployment.targets[record.target];
  const [first] = record.attempts;
  // A session may have its lane elsewhere.
  if (target?.select !== "ordered" || target.affinity !== null || first === undefined) return;
  const place = (id: string): number => target.members.findIndex(({ lanes }) => lanes.includes(id));
  const own = record.offered.filter((id) => place(id) >= 0);
  if (!own.includes(first.lane)) return;
  const earlier = own.find((id) => place(id) < place(first.lane));
  claim(earlier === undefined, `${first.lane} was asked although ${earlier} of an earlier member could serve`);
}
