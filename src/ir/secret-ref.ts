/** Where a secret is found; the secret itself is not in here unless the operator wrote it literally into the file. */

/** `template`: text that may hold `${VAR}` references, resolved where it is used. */
export type SecretRef =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "template"; readonly text: string }
  /** AWS's own variables (profile null) or a profile of its files, as `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`. */
  | { readonly kind: "aws"; readonly profile: string | null };
