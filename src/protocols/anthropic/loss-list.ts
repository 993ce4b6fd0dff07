/** Collects what a writer could not carry, by the kind of loss. */
import { approximated, clamped, dropped, type Loss } from "../../ir/loss.ts";
import type { Extras } from "../../ir/request.ts";
import { createLosses } from "../shared/losses.ts";

export interface LossList {
  readonly list: readonly Loss[];
  drop(field: string, detail: string): void;
  clamp(field: string, detail: string): void;
  approximate(field: string, detail: string): void;
  /** One loss per extra: only its own protocol has a place for it. */
  dropExtras(path: string, extras: Extras): void;
}

export function createLossList(): LossList {
  const losses = createLosses({ repeats: true, foreign: "the Messages API has no such member" });
  return {
    list: losses.list,
    drop: (field, detail) => losses.add(dropped(field, detail)),
    clamp: (field, detail) => losses.add(clamped(field, detail)),
    approximate: (field, detail) => losses.add(approximated(field, detail)),
    dropExtras: losses.addExtras,
  };
}
