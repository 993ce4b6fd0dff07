/** After a failure the same model at another account comes first, and another model only when none of those is left. */
import { isSameModel } from "../ir/canonical.ts";
import type { Lane } from "../ir/deployment.ts";

/**
 * The order with lanes of one model beside each other, and otherwise as it was: models of lanes that were tried, in the
 * order they were tried, then each model where its first lane stands. Lanes of other names that are proven to be the same
 * model follow its own.
 */
export function sameModelFirst(order: readonly Lane[], tried: readonly Lane[]): readonly Lane[] {
  if (order.length < 2 || (order.length === 2 && tried.length === 0)) return order;
  const [best] = order;
  if (order.every(({ model }) => model === best?.model)) return order;
  const groups: Group[] = tried.map((of) => ({ of, own: [], proven: [] }));
  for (const lane of order) {
    const group = groups.find(({ of }) => of.model === lane.model || isSameModel(of, lane));
    if (group === undefined) groups.push({ of: lane, own: [lane], proven: [] });
    else if (group.of.model === lane.model) group.own.push(lane);
    else group.proven.push(lane);
  }
  return groups.flatMap(({ own, proven }) => [...own, ...proven]);
}

interface Group {
  readonly of: Lane;
  readonly own: Lane[];
  readonly proven: Lane[];
}
