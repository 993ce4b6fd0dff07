/** What every display is. It is shown snapshots and nothing else, so it has no way back into an exchange. */
import type { Snapshot } from "./snapshot.ts";

export interface Display {
  /** Cheap and never throws; a display that has shown something a moment ago keeps the newest snapshot for later. */
  show(snapshot: Snapshot): void;
  /** Shows what is still owed and lets go of every timer. Idempotent; nothing is shown after it. */
  close(): Promise<void>;
}
