/** A part of a request or answer that could not be carried to the other protocol as it was. Losses are values: counted, shown, refusable. */
export interface Loss {
  /** Path in the client's own words, without values: `top_k`, `messages[3].content[0].cache_control`. */
  readonly field: string;
  readonly how: "dropped" | "clamped" | "approximated";
  /** One short clause: why, or what became of it. Never content of the conversation, never a secret. */
  readonly detail: string;
}

export const dropped = (field: string, detail: string): Loss => ({ field, how: "dropped", detail });
export const clamped = (field: string, detail: string): Loss => ({ field, how: "clamped", detail });
export const approximated = (field: string, detail: string): Loss => ({ field, how: "approximated", detail });

/** What a reader or writer came to, with what it could not carry. */
export interface WithLosses<T> {
  readonly value: T;
  readonly losses: readonly Loss[];
}
