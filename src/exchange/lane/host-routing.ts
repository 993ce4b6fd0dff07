/**
 * Members by which a client, or the configuration where the client is silent, chooses among the hosts of a vendor that
 * routes by itself. They mean the same in each of its protocols, so they cross a translation as they are.
 */
import { mayAsk } from "../../governance/admit.ts";
import type { Operation } from "../../ir/facts.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { JsonObject } from "../../std/json.ts";
import { asObject, asText } from "../../std/json.ts";
import type { ClientCall } from "../request/call.ts";
import type { LaneContext } from "./attempt-context.ts";

type Asked = Pick<LaneContext, "call" | "lane" | "egress">;

/** What the members are called: hosts, models to fall back to, and the older word for how those two go together. */
const CARRIED = ["provider", "models", "route"] as const;
/** Where Messages spells `models`: a list of objects. */
const FALLBACKS = "fallbacks";

/** Members that hold of other models make no sense where no text is generated. */
const TAKEN: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  chat: CARRIED,
  complete: CARRIED,
  embed: ["provider"],
  rerank: ["provider"],
};

/** What the client says of hosts and its own protocol cannot hand on; null: nothing. */
export function carriedMembers({ call, lane, egress }: Asked): JsonObject | null {
  if (lane.dialect.hostRouting !== "members" || call.ingress.payload.id === egress.payload.id) return null;
  const { body, facts } = call.request;
  const names = TAKEN[facts.operation] ?? [];
  const given: Record<string, unknown> = {};
  for (const name of names) if (isWish(name, body[name])) given[name] = body[name];
  const models = names.includes("models") && given["models"] === undefined ? fallbacksOf(body) : null;
  if (models !== null) given["models"] = models;
  return Object.keys(given).length === 0 ? null : given;
}

/** Names of the client's body that carry it. */
export function carryingNames(given: JsonObject, body: JsonObject): readonly string[] {
  const names = Object.keys(given).filter((name) => Object.hasOwn(body, name));
  return fallbacksOf(body) === null || Object.hasOwn(body, "models") ? names : [...names, FALLBACKS];
}

/** The client's body without what is carried over beside its translation. */
export function bodyToTranslate(asked: Asked): JsonObject {
  const { body } = asked.call.request;
  const carried = carriedMembers(asked);
  if (carried === null) return body;
  const names = new Set(carryingNames(carried, body));
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.has(name)));
}

/** Of the members the lane is configured with, those of which the client gives none; null: there are none. */
export function configuredMembers({ call, lane }: Asked): JsonObject | null {
  const { hostMembers, dialect } = lane;
  if (hostMembers === undefined || dialect.hostRouting !== "members") return null;
  const { body, facts } = call.request;
  const names = TAKEN[facts.operation] ?? [];
  const added = Object.entries(hostMembers).filter(
    ([name]) => names.includes(name) && (body[name] ?? null) === null && !(name === "models" && namesFallbacks(body)),
  );
  return added.length === 0 ? null : Object.fromEntries(added);
}

/** Whether what the vendor does not find may be the client's own wish. */
export function choosesHosts({ ending, request: { body } }: ClientCall): boolean {
  return ending !== undefined || namesFallbacks(body) || CARRIED.some((name) => isWish(name, body[name]));
}

/** A caller of some models may not reach others by falling back to them; null: it does not. */
export function forbiddenFallback({ world, call, lane }: Pick<LaneContext, "world" | "call" | "lane">): Failure | null {
  const { caller, request } = call;
  if (caller.allowedTargets === null || lane.dialect.hostRouting !== "members") return null;
  const named = [...listOf(request.body["models"]), ...(fallbacksOf(request.body) ?? [])];
  if (named.length === 0) return null;
  const allowed = new Set(
    Object.values(world.deployment.lanes)
      .filter((each) => each.provider === lane.provider && (each.model === lane.model || mayAsk(caller, each.model)))
      .map(({ upstreamModel }) => upstreamModel),
  );
  return named.every((name) => typeof name === "string" && allowed.has(name)) ? null : FORBIDDEN;
}

const FORBIDDEN = failure(
  "forbidden",
  'This key may not use a model that the request names in "models" or "fallbacks".',
);

function isWish(name: string, value: unknown): boolean {
  if (name === "provider") return asObject(value) !== undefined;
  return name === "models" ? Array.isArray(value) : asText(value) !== undefined;
}

function namesFallbacks(body: JsonObject): boolean {
  return (body[FALLBACKS] ?? null) !== null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Null: they are none, or say more than a name. */
function fallbacksOf(body: JsonObject): readonly string[] | null {
  const list = body[FALLBACKS];
  if (!Array.isArray(list) || list.length === 0) return null;
  const names = list.map((each) => {
    const named = asObject(each);
    return named !== undefined && Object.keys(named).length === 1 ? asText(named["model"]) : undefined;
  });
  return names.every((name) => name !== undefined) ? names : null;
}
