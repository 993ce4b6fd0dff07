/** Losses as people read them: by kind, most telling first, with counts, and the same loss in many places told once. */
import { kindOfLoss, LOSS_KINDS, type Loss, type LossKind } from "./loss.ts";

interface LossGroup {
  readonly kind: LossKind;
  readonly count: number;
  /** `top_k dropped`, `messages[].content[].cache_control dropped (12)`. */
  readonly entries: readonly string[];
}

/** Places of one kind of loss that are named each; more of them are counted. */
const PLACES_NAMED_MAX = 3;

export function groupLosses(losses: readonly Loss[]): readonly LossGroup[] {
  const byKind = new Map<LossKind, Loss[]>();
  for (const loss of losses) byKind.set(kindOfLoss(loss), [...(byKind.get(kindOfLoss(loss)) ?? []), loss]);
  const isKind = (kind: string): kind is LossKind => Object.hasOwn(LOSS_KINDS, kind);
  return Object.keys(LOSS_KINDS)
    .filter(isKind)
    .flatMap((kind) => {
      const found = byKind.get(kind);
      return found === undefined ? [] : [{ kind, count: found.length, entries: entriesOf(found) }];
    });
}

function entriesOf(losses: readonly Loss[]): string[] {
  const byPattern = Map.groupBy(losses, ({ field, how }) => `${field.replaceAll(/\[\d*\]/g, "[]")} ${how}`);
  return [...byPattern].flatMap(([pattern, same]) =>
    same.length > PLACES_NAMED_MAX ? [`${pattern} (${same.length})`] : same.map(({ field, how }) => `${field} ${how}`),
  );
}
