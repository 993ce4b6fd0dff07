/** A change of a lane's standing: a trip, a wait, a recovery. Folded by metrics, log and displays beside the records. */
export interface Transition {
  readonly wallMs: number;
  /** Pool or model whose cell it is; null: it concerns the lane or account everywhere. */
  readonly target: string | null;
  readonly lane: string;
  readonly from: string;
  readonly to: string;
  /** Failure kind or "probe", "quota", "cooldown ended". */
  readonly because: string;
  /** Until when it lasts by itself, ms from now; null: not by itself. */
  readonly forMs: number | null;
}
