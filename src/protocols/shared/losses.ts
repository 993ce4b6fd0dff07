/** What a writer could not carry. Bounded, and as a rule one entry per field: a conversation of thousands may lose the same thing in each. */
import { dropped, type Loss } from "../../ir/loss.ts";
import type { Extras } from "../../ir/request.ts";

/** Nobody reads more; the last entry says that there were more. */
const LOSSES_MAX = 256;

export interface Losses {
  readonly list: readonly Loss[];
  add(loss: Loss): void;
  /** One loss per extra: only its own protocol has a place for it. */
  addExtras(path: string, extras: Extras): void;
}

/** `repeats`: tells every loss, however often a field has one. `foreign`: what is said of another protocol's members. */
export function createLosses(options: { readonly repeats?: true; readonly foreign?: string } = {}): Losses {
  const foreign = options.foreign ?? "exists only in its own protocol";
  const list: Loss[] = [];
  const told = new Set<string>();
  const add = (loss: Loss) => {
    if ((options.repeats !== true && told.has(loss.field)) || list.length > LOSSES_MAX) return;
    told.add(loss.field);
    list.push(list.length < LOSSES_MAX ? loss : dropped("more", "further losses are not listed"));
  };
  return {
    list,
    add,
    addExtras(path, extras) {
      for (const name of Object.keys(extras)) {
        add(dropped(path === "" ? name : `${path}.${name}`, foreign));
      }
    },
  };
}
