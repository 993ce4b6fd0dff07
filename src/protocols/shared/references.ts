/** Collects what a request refers to. Paths are made only where there is something to tell. */
import type { Reference } from "../../ir/facts.ts";
import { asText } from "../../std/json.ts";

export interface References {
  /** Nothing where `id` is absent or empty. */
  add(member: string, id: unknown, payloads: readonly string[]): void;
  /** Content that the request holds sealed. */
  addSealed(member: string, value: unknown, payloads: readonly string[]): void;
  /** Undefined: none. */
  list(): readonly Reference[] | undefined;
}

/** More would all stand at the same vendor. */
const REFERENCES_MAX = 256;

export function createReferences(): References {
  let found: Reference[] | undefined;
  const note = (id: unknown, reference: Omit<Reference, "id">): void => {
    if (id === undefined || id === null || id === "") return;
    found ??= [];
    if (found.length < REFERENCES_MAX) found.push({ ...reference, id: asText(id) ?? null });
  };
  return {
    add: (member, id, payloads) => note(id, { member, payloads }),
    addSealed: (member, value, payloads) => note(value, { member, payloads, sealed: true }),
    list: () => found,
  };
}
