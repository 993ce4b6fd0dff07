/**
 * The client's body as a lane may have it, before it is relayed or read. A body in another protocol's shape is written in
 * its own's. A model known not to reason gets it without the words about reasoning, which its vendor would refuse. Where
 * the client asked it to reason, that is told as a loss. A relay names members as the lane's server
 * does.
 */
import type { Dialect } from "../../ir/dialect.ts";
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
import type { Payload } from "../../protocols/protocol.ts";
import type { JsonObject } from "../../std/json.ts";
import type { ClientCall } from "../request/call.ts";
import { TASK_MEMBER } from "../request/router-wishes.ts";
import type { LaneContext } from "./attempt-context.ts";
import { carriedMembers, carryingNames } from "./host-routing.ts";

export interface LaneBody {
  /** Top-level members to set (JSON text) or to remove (null). */
  readonly members: Readonly<Record<string, string | null>>;
  /** The body with those members. */
  readonly body: JsonObject;
  readonly losses: readonly Loss[];
}

/** `dialect`: the lane's, as its server was found to be. Null: the body as it is. */
export function laneBody({ call, lane, egress, relayed }: LaneContext, dialect: Dialect): LaneBody | null {
  const { facts, body } = call.request;
  if (facts.operation !== "chat" && facts.operation !== "count") return null;
  const { payload } = call.ingress;
  const carried = carriedMembers({ call, lane, egress });
  const shape = payload.ownShape?.(body) ?? null;
  const whole = call.trimmed === undefined ? null : { members: {}, body, losses: [trimLoss(payload, call.trimmed)] };
  const isOurs = facts.operation === "chat" && body[TASK_MEMBER] !== undefined;
  const trimmed: LaneBody = whole ?? { members: {}, body, losses: [] };
  const asIs = isOurs ? edited(trimmed, without([TASK_MEMBER]), []) : trimmed;
  const begun = isOurs ? asIs : whole;
  const rest = carried === null ? begun : edited(asIs, without(carryingNames(carried, body)), []);
  const reshaped = shape === null ? rest : edited(rest ?? asIs, shape, OTHER_SHAPE);
  const given = reshaped?.body ?? body;
  const wish = lane.capabilities.reasoning === false ? payload.withoutReasoning(given) : null;
  const fitted = relayed ? (payload.fitMembers?.(given, dialect) ?? null) : null;
  if (wish === null && fitted === null) return reshaped;
  const asSent = reshaped ?? asIs;
  const plain = wish === null ? asSent : edited(asSent, wish.members, wish.asked ? [UNREASONED] : []);
  return fitted === null ? plain : edited(plain, fitted.members, fitted.losses);
}

function trimLoss({ turns }: Pick<Payload, "turns">, trimmed: NonNullable<ClientCall["trimmed"]>): Loss {
  const many = trimmed.turns === 1 ? "1 turn was" : `${trimmed.turns} turns were`;
  return dropped(turns?.member ?? "messages", `${many} left out to fit the model's window`);
}

/** What is carried over beside the translation is no part of it. */
function without(names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

const OTHER_SHAPE = [approximated("messages", "a body in another protocol's shape is read for what it is")];
const UNREASONED = dropped("reasoning", "the model does not reason");

function edited(before: LaneBody, changes: Readonly<Record<string, unknown>>, losses: readonly Loss[]): LaneBody {
  const body = { ...before.body };
  const members = { ...before.members };
  for (const [name, value] of Object.entries(changes)) {
    members[name] = value === null ? null : JSON.stringify(value);
    if (value === null) delete body[name];
    else body[name] = value;
  }
  return { members, body, losses: [...before.losses, ...losses] };
}
