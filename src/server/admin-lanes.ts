/**
 * `/admin/lanes` and `/admin/accounts`: how lanes stand, and what the operator orders of them. Orders are kept by the process
 * that keeps how lanes stand; what is shown is what `/stats` shows, with the orders beside it.
 */
import type { KeptOrders, OrderReply, StandingOrder } from "../ir/standing.ts";
import { asArray, asObject, asText, type JsonObject } from "../std/json.ts";
import { nearest } from "../std/nearest.ts";
import { type AdminAnswer, type AdminRequest, type AdminRoute, document, refused } from "./admin-route.ts";

export interface LanePort {
  /** The `/stats` document. */
  stats(): Promise<object>;
  /** null: no answer in time. */
  orders(): Promise<readonly KeptOrders[] | null>;
  /** Every worker goes by it when it is answered. null: no answer in time. */
  order(order: StandingOrder): Promise<OrderReply | null>;
}

type Kind = StandingOrder["kind"];
type Action = StandingOrder["action"];

const ACTIONS: readonly Action[] = ["park", "unpark", "pin", "order", "reset"];

/** An id may hold slashes, and may be written with them. */
export function laneRoutes(port: LanePort): readonly AdminRoute[] {
  return (["lanes", "accounts"] as const).flatMap((kind): AdminRoute[] => [
    { method: "GET", path: `/${kind}`, handle: async () => document({ [kind]: await rowsOf(port, kind) }) },
    ...ACTIONS.map(
      (action): AdminRoute => ({
        method: "POST",
        path: `/${kind}/:id+/${action}`,
        handle: (request) => ordered(port, { kind, action, request }),
      }),
    ),
    { method: "GET", path: `/${kind}/:id+`, handle: ({ params }) => shown(port, kind, params["id"] ?? "") },
  ]);
}

async function rowsOf(port: LanePort, kind: Kind): Promise<readonly JsonObject[]> {
  const [stats, orders] = await Promise.all([port.stats(), port.orders()]);
  const byId = new Map((orders ?? []).map((each) => [each.id, each]));
  return (asArray(asObject(stats)?.[kind]) ?? []).flatMap((row) => {
    const known = asObject(row);
    return known === undefined ? [] : [withOrders(kind, known, byId)];
  });
}

function withOrders(kind: Kind, row: JsonObject, orders: ReadonlyMap<string, KeptOrders>): JsonObject {
  const account = `${asText(row["provider"]) ?? ""}/${asText(row["account"]) ?? ""}`;
  const id = kind === "lanes" ? (asText(row["id"]) ?? "") : account;
  const own = orders.get(id);
  const ordered = own === undefined ? null : { parked: own.parked, pinned: own.pinned, sort_key: own.sortKey };
  return { ...row, id, ordered };
}

async function shown(port: LanePort, kind: Kind, id: string): Promise<AdminAnswer> {
  const rows = await rowsOf(port, kind);
  const found = rows.find((row) => row["id"] === id);
  if (found !== undefined) return document(found);
  return refused(404, "not_found", `There is no ${kind.slice(0, -1)} ${JSON.stringify(id)}.${meant(rows, id)}`);
}

function meant(rows: readonly JsonObject[], id: string): string {
  const near = nearest(
    id,
    rows.map((row) => asText(row["id"]) ?? ""),
  );
  return near === null ? "" : ` Did you mean ${JSON.stringify(near)}?`;
}

async function ordered(
  port: LanePort,
  { kind, action, request }: { readonly kind: Kind; readonly action: Action; readonly request: AdminRequest },
): Promise<AdminAnswer> {
  const id = request.params["id"] ?? "";
  const value = orderedValue(action, request.body);
  if (value === undefined) return refused(400, "invalid_request", BODIES[action]);
  const reply = await port.order({ kind, id, action, value });
  if (reply === null) return refused(503, "unavailable", "The order was not confirmed in time. Look at the list.");
  switch (reply.kind) {
    case "done":
    case "unknown":
      return await shown(port, kind, id);
    case "conflict":
      return refused(409, "conflict", reply.why);
    case "invalid":
      return refused(400, "invalid_request", reply.why);
  }
}

const BODIES: Readonly<Record<Action, string>> = {
  park: "park takes no members.",
  unpark: "unpark takes no members.",
  reset: "reset takes no members.",
  pin: 'pin takes {"pinned": true}, false, or null for the configuration\'s word.',
  order: 'order takes {"sort_key": a whole number}, or null for the configuration\'s word.',
};

/** undefined: the body is none for this action. */
function orderedValue(action: Action, body: JsonObject): StandingOrder["value"] | undefined {
  const names = Object.keys(body);
  switch (action) {
    case "park":
    case "unpark":
    case "reset":
      return names.length === 0 ? null : undefined;
    case "pin": {
      const value = body["pinned"];
      const isOne = value === null || typeof value === "boolean";
      return isOne && names.length === 1 ? value : undefined;
    }
    case "order": {
      const value = body["sort_key"];
      const isOne = value === null || (typeof value === "number" && Number.isSafeInteger(value));
      return isOne && names.length === 1 ? value : undefined;
    }
  }
}
