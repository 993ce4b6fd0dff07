/** What a client is told of a name that stands for nothing, with the nearest one it may use; or for too little. */
import { mayAsk } from "../../governance/admit.ts";
import type { Caller } from "../../governance/identify.ts";
import type { Deployment } from "../../ir/deployment.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import { nearest } from "../../std/nearest.ts";
import { redact } from "../../std/redact.ts";

/** Names compared: an answer to a mistake must not cost more than one to a request. */
const NAMES_MAX = 1_000;

/** Null: none is near. */
export function nearestName(
  { targets, aliases }: Deployment,
  caller: Pick<Caller, "allowedTargets" | "aliases">,
  asked: string,
): string | null {
  const names = Object.keys(targets).filter((name) => mayAsk(caller, name));
  const others = Object.values(aliases?.exact ?? {}).filter(
    ({ by, target }) => by === "written" && caller.aliases !== false && mayAsk(caller, target),
  );
  const known = [...names, ...others.map(({ name }) => name)].slice(0, NAMES_MAX);
  const word = asked.trim();
  const colon = word.lastIndexOf(":");
  return nearest(word, known) ?? (colon > 0 ? nearest(word.slice(0, colon), known) : null);
}

export function unknownModel(asked: string, meant: string | null): Failure {
  return failure(
    "unknown-model",
    `The model "${shown(asked)}" does not exist.${didYouMean(meant)} GET /v1/models lists what there is.`,
  );
}

/** Begins with a space; empty: nothing is near. */
export function didYouMean(meant: string | null): string {
  return meant === null ? "" : ` Did you mean "${meant}"?`;
}

/** A pattern does not say which model was meant, and this target promises one. */
export function notExact(asked: string, target: string): Failure {
  return failure(
    "invalid-request",
    `The name "${shown(asked)}" fits a pattern of names for "${target}", which promises the exact model. Ask for "${target}".`,
  );
}

/** Characters of the client's own word in a refusal. */
const ASKED_CHARS_MAX = 120;

function shown(asked: string): string {
  return redact(asked.slice(0, ASKED_CHARS_MAX));
}
