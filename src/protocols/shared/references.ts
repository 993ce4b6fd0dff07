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
  return new Collected();
}

/** A class, because every request makes one and hardly any refers to anything. */
class Collected implements References {
  #found: Reference[] | undefined = undefined;

  add(member: string, id: unknown, payloads: readonly string[]): void {
    this.#note(id, { member, payloads });
  }

  addSealed(member: string, value: unknown, payloads: readonly string[]): void {
    this.#note(value, { member, payloads, sealed: true });
  }

  list(): readonly Reference[] | undefined {
    return this.#found;
  }

  #note(id: unknown, reference: Omit<Reference, "id">): void {
    if (id === undefined || id === null || id === "") return;
    this.#found ??= [];
    if (this.#found.length < REFERENCES_MAX) this.#found.push({ ...reference, id: asText(id) ?? null });
  }
}
