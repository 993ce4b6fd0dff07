/** Collects what a writer could not carry. Bounded: past the bound one last entry says that there were more. */
import { approximated, clamped, dropped, type Loss } from "../../ir/loss.ts";
import type { Extras } from "../../ir/request.ts";

/** A request of 100,000 messages may lose something in each; nobody reads more than a few. */
const LOSSES_MAX = 256;

export interface LossList {
  readonly list: readonly Loss[];
  drop(field: string, detail: string): void;
  clamp(field: string, detail: string): void;
  approximate(field: string, detail: string): void;
  /** One loss per extra: only its own protocol has a place for it. */
  dropExtras(path: string, extras: Extras): void;
}

export function createLossList(): LossList {
  const list: Loss[] = [];
  const add = (loss: Loss): void => {
    if (list.length < LOSSES_MAX) list.push(loss);
    else if (list.length === LOSSES_MAX) list.push(dropped("more", "further losses are not listed"));
  };
  return {
    list,
    drop: (field, detail) => add(dropped(field, detail)),
    clamp: (field, detail) => add(clamped(field, detail)),
    approximate: (field, detail) => add(approximated(field, detail)),
    dropExtras(path, extras) {
      for (const name of Object.keys(extras)) {
        add(dropped(path === "" ? name : `${path}.${name}`, "the Messages API has no such member"));
      }
    },
  };
}
