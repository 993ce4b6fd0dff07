/** What a client's word for a model stands for: a pool, a model, or a part of a model's lanes. */
import type { Deployment, Lane, Member, Target } from "../ir/deployment.ts";

/**
 * Pools first, then models (the deployment holds both by one name), then `provider/model` and `provider/account/model`;
 * null: unknown. The slash forms give the model's own target with only those lanes: same name, so same cells.
 */
export function findTarget(deployment: Deployment, asked: string): Target | null {
  if (Object.hasOwn(deployment.targets, asked)) return deployment.targets[asked] ?? null;
  if (!asked.includes("/")) return null;
  // Compared whole, because a model's name may hold slashes too.
  const lanes = Object.values(deployment.lanes);
  const ofProvider = lanes.filter((lane) => `${lane.provider}/${lane.model}` === asked);
  return restrictTo(deployment, ofProvider.length > 0 ? ofProvider : lanes.filter((lane) => lane.id === asked));
}

/** All lanes are of one model. Nothing may stand in for what was asked for by place, so there are no substitutes. */
function restrictTo(deployment: Deployment, lanes: readonly Lane[]): Target | null {
  const model = lanes[0]?.model;
  if (model === undefined || !Object.hasOwn(deployment.targets, model)) return null;
  const whole = deployment.targets[model];
  if (whole === undefined) return null;
  const own = whole.members.find((member) => member.model === model);
  const member: Member = { model, weight: 1, contextMax: own?.contextMax ?? null, lanes: lanes.map((lane) => lane.id) };
  return { ...whole, kind: "model", members: [member], substitutes: [], exactFailover: false };
}

/** All lanes a target may come to by itself. */
export function lanesOf(target: Target): readonly string[] {
  return [...target.members.flatMap((member) => member.lanes), ...target.substitutes];
}
