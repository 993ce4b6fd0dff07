/** What a writer of this protocol could not carry, in the three ways there are. */
import { approximated, clamped, dropped, type Loss } from "../../ir/loss.ts";
import type { Extras } from "../../ir/request.ts";
import { createLosses } from "../shared/losses.ts";

export interface LossList {
  readonly list: readonly Loss[];
  drop(field: string, detail: string): void;
  clamp(field: string, detail: string): void;
  approximate(field: string, detail: string): void;
  dropExtras(path: string, extras: Extras): void;
}

export function createLossList(): LossList {
  const { list, add, addExtras } = createLosses();
  return {
    list,
    drop: (field, detail) => add(dropped(field, detail)),
    clamp: (field, detail) => add(clamped(field, detail)),
    approximate: (field, detail) => add(approximated(field, detail)),
    dropExtras: addExtras,
  };
}
