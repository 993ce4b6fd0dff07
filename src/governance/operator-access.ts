/** Who may look at `/stats` and `/metrics`, and who may administer: decided from a request's head alone. */
import type { Deployment, SecretRef } from "../ir/deployment.ts";
import type { Result } from "../ir/failure.ts";
import type { RequestParts } from "../ir/route.ts";
import type { Secret } from "../std/secret.ts";
import { readAdminCredential, readCredential } from "./credential.ts";
import { type Caller, createIdentify, identifyBy } from "./identify.ts";
import { isLocalHost } from "./local-host.ts";

interface OperatorAccess {
  /** By the admin token if one is set, else by a client's credential, else on this machine only. */
  mayObserve(parts: RequestParts): boolean;
  /** null: there is no admin token, so there is no admin surface. */
  readonly mayAdminister: ((parts: RequestParts) => boolean) | null;
}

interface OperatorAccessInput {
  readonly deployment: Deployment;
  readonly secrets: (ref: SecretRef) => Secret | null;
  readonly identify: (credential: Secret | null) => Result<Caller>;
  readonly listenIsLoopback: boolean;
}

export function createOperatorAccess({
  deployment,
  secrets,
  identify,
  listenIsLoopback,
}: OperatorAccessInput): OperatorAccess {
  const { adminToken, auth, governance } = deployment;
  const token = adminToken === null ? null : secrets(adminToken);
  const isAdmin = createIdentify({ mode: "token", clientTokens: token === null ? [] : [token] });
  const isCaller = (identified: Result<Caller>): boolean => identified.ok;
  return {
    mayObserve(parts) {
      if (adminToken !== null) return isCaller(identifyBy(readCredential(parts), isAdmin));
      if (auth.mode === "token" || governance !== null) return isCaller(identifyBy(readCredential(parts), identify));
      return listenIsLoopback && isLocalHost(parts.headers["host"]);
    },
    mayAdminister:
      adminToken === null
        ? null
        : (parts) => {
            const credential = readAdminCredential(parts);
            return isCaller(isAdmin(credential.kind === "one" ? credential.secret : null));
          },
  };
}
