/** What a writer could not carry, by the kind of loss. Bounded: a conversation of thousands may lose the same thing in each turn. */
import { approximated, clamped, dropped, type Loss } from "../../ir/loss.ts";
import type { Extras } from "../../ir/request.ts";
import { isBlank } from "./members.ts";

/** Top-level members that only tell a vendor where its cache of this session is: elsewhere there is none to be found. */
const NAMES_ONLY: ReadonlySet<string> = new Set(["prompt_cache_key"]);

/** The last entry says that there were more. */
const LOSSES_MAX = 256;

export interface Losses {
  readonly list: readonly Loss[];
  drop(field: string, detail: string): void;
  clamp(field: string, detail: string): void;
  approximate(field: string, detail: string): void;
  /** One dropped loss per extra: only its own protocol has a place for it. */
  dropExtras(path: string, extras: Extras): void;
  /** A loss that another writer or reader has found. */
  add(loss: Loss): void;
}

/** One entry per field and reason. `noPlace`: the reason told for extras. */
export function createLosses({ noPlace = "exists only in its own protocol" } = {}): Losses {
  const list: Loss[] = [];
  const reported = new Set<string>();
  const add = (loss: Loss): void => {
    const key = `${loss.field} ${loss.detail}`;
    if (reported.has(key) || list.length > LOSSES_MAX) return;
    reported.add(key);
    list.push(list.length < LOSSES_MAX ? loss : dropped("more", "further losses are not listed"));
  };
  return {
    list,
    add,
    drop: (field, detail) => add(dropped(field, detail)),
    clamp: (field, detail) => add(clamped(field, detail)),
    approximate: (field, detail) => add(approximated(field, detail)),
    dropExtras(path, extras) {
      for (const name of Object.keys(extras).filter((each) => path !== "" || !NAMES_ONLY.has(each)))
        add(dropped(path === "" ? name : `${path}.${name}`, noPlace));
    },
  };
}

/** Of an answer: vendors fill members that they do not use, and an empty one is nothing lost. A client's may mean something. */
export function createAnswerLosses(options?: Parameters<typeof createLosses>[0]): Losses {
  const losses = createLosses(options);
  const said = (extras: Extras) => Object.fromEntries(Object.entries(extras).filter(([, value]) => !isBlank(value)));
  return { ...losses, dropExtras: (path, extras) => losses.dropExtras(path, said(extras)) };
}
