/** A body without its words about reasoning, for a model known not to reason: asking to think is a wish, never a need. */

export interface ReasoningEdits {
  /** Top-level members as they stand without those words; null: the member goes. Values are shared with the body. */
  readonly members: Readonly<Record<string, unknown>>;
  /** False: the client only wanted none, which is what it gets. */
  readonly asked: boolean;
}
