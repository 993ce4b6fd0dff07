/** `/admin/keys` and what belongs to it: each request is handed to the one who keeps the ledger, who answers it. */
import { HOLDS_SECRET } from "../governance/known-secrets.ts";
import type { ManageAction, ManageReply, ManageRequest } from "../governance/ledger-messages.ts";
import { type AdminAnswer, type AdminRequest, type AdminRoute, document, refused } from "./admin-route.ts";
import { KEYS_OPENAPI } from "./openapi.ts";

export interface KeyPort {
  manage(request: ManageRequest): Promise<ManageReply>;
}

/** In the order in which they are matched: of a request's words the fixed ones come first. */
const ROUTES: readonly (readonly [method: AdminRoute["method"], path: string, action: ManageAction])[] = [
  ["POST", "/keys", "create"],
  ["GET", "/keys", "list"],
  ["GET", "/keys/:id", "show"],
  ["PATCH", "/keys/:id", "update"],
  ["DELETE", "/keys/:id", "delete"],
  ["GET", "/keys/:id/usage", "key-usage"],
  ["POST", "/keys/:id/disable", "disable"],
  ["POST", "/keys/:id/enable", "enable"],
  ["POST", "/keys/:id/rotate", "rotate"],
  ["POST", "/keys/:id/revoke", "revoke"],
  ["GET", "/usage", "usage"],
  ["GET", "/audit", "audit"],
];

const REFUSED: ManageReply = { status: 422, body: { error: HOLDS_SECRET } };

export function keyRoutes(keys: KeyPort, masked: (text: string) => string): readonly AdminRoute[] {
  return [
    { method: "GET", path: "/openapi.json", handle: () => document(KEYS_OPENAPI) },
    ...ROUTES.map(
      ([method, path, action]): AdminRoute => ({
        method,
        path,
        async handle(request) {
          const asked = requestOf(method, action, request);
          const said = JSON.stringify(asked.input ?? null);
          return answerOf(masked(said) === said ? await keys.manage(asked) : REFUSED);
        },
      }),
    ),
  ];
}

/** The holder of the token is the administrator; the audit knows no other names. */
function requestOf(method: AdminRoute["method"], action: ManageAction, request: AdminRequest): ManageRequest {
  const input = method === "GET" ? Object.fromEntries(request.query) : request.body;
  return { action, id: request.params["id"] ?? null, input, actor: "admin" };
}

function answerOf({ status, body }: ManageReply): AdminAnswer {
  if (status < 400) return document(body, status);
  const message = "error" in body && typeof body.error === "string" ? body.error : "It could not be done.";
  return refused(status, CODES.get(status) ?? "invalid_request", message);
}

const CODES: ReadonlyMap<number, string> = new Map([
  [404, "not_found"],
  [409, "conflict"],
  [503, "unavailable"],
]);
