/** The secrets of a deployment by value: none of them may stand in a name, a log line or a record. */
import type { Deployment, SecretRef } from "../ir/deployment.ts";
import type { Secret } from "../std/secret.ts";

interface KnownSecrets {
  readonly deployment: Deployment;
  /** Null: it cannot be read. */
  readonly secrets: (ref: SecretRef) => Secret | null;
}

/** What is said of a key is listed, logged and kept. */
export const HOLDS_SECRET = "it holds a token or key of this gateway, which may stand in no name";

/** Text without any of them. Not their shapes: where those matter, they are masked too. */
export function maskedText({ deployment, secrets }: KnownSecrets, text: string): string {
  return secretsOf(deployment).reduce((rest, ref) => secrets(ref)?.maskedInText(rest) ?? rest, text);
}

/** All that a worker may know. */
export function secretsOf({ adminToken, auth, lanes }: Deployment): readonly SecretRef[] {
  return [
    ...(adminToken === null ? [] : [adminToken]),
    ...auth.clientTokens,
    ...(auth.awsKeys ?? []).map(({ secret }) => secret),
    ...Object.values(lanes).flatMap(({ credential }) => credential ?? []),
  ];
}
