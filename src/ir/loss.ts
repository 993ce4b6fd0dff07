/** A part of a request or answer that could not be carried to the other protocol as it was. Losses are values: counted, shown, refusable. */
export interface Loss {
  /** Path in the client's own words, without values: `top_k`, `messages[3].content[0].cache_control`. */
  readonly field: string;
  readonly how: "dropped" | "clamped" | "approximated";
  /** One short clause: why, or what became of it. Never content of the conversation, never a secret. */
  readonly detail: string;
  /** Absent: what its field says. */
  readonly kind?: LossKind;
}

/** What people group losses by, most telling first. True: `translation: strict` refuses a request that loses it. */
export const LOSS_KINDS = {
  instructions: true,
  content: true,
  media: true,
  tools: true,
  "tool results": true,
  schema: true,
  stop: true,
  length: true,
  references: true,
  "sealed reasoning": true,
  sampling: false,
  reasoning: false,
  citations: false,
  cache: false,
  metadata: false,
  options: false,
} as const;
export type LossKind = keyof typeof LOSS_KINDS;

/** True where strict translation refuses: something was lost that the conversation needs, and was not written otherwise. */
export function isRefusedByStrict(loss: Loss): boolean {
  return LOSS_KINDS[kindOfLoss(loss)] && (loss.how !== "approximated" || kindOfLoss(loss) === "schema");
}

export function kindOfLoss({ kind, field }: Loss): LossKind {
  return kind ?? KINDS_BY_FIELD.find(({ field: pattern }) => pattern.test(field))?.kind ?? "options";
}

/** In this order; fields in the words of any protocol. */
const KINDS_BY_FIELD: readonly { readonly kind: LossKind; readonly field: RegExp }[] = [
  { kind: "cache", field: /cache_?(?:control|point)|cached_?content$|prompt_cache/i },
  { kind: "reasoning", field: /reasoning|thinking|thought|signature|effort|encrypted/i },
  { kind: "citations", field: /citation|annotation|grounding/i },
  {
    kind: "metadata",
    field:
      /(?:^|\.)(?:metadata|user|user_id|service_tier|safety_identifier|labels|store|name|title|context|phase|id)$/i,
  },
  { kind: "stop", field: /^(?:[\w.]+\.)?stop(?:_?sequences)?(?:\[|$)/i },
  { kind: "length", field: /max_?(?:completion_|output_)?tokens/i },
  {
    kind: "schema",
    field:
      /response_?(?:format|schema|json_?schema|mime_?type)|output_?(?:config|format)|text\.format|strict$|parameters$/i,
  },
  {
    kind: "sampling",
    field:
      /(?:^|\.)(?:temperature|top_?p|top_?k|seed|(?:presence|frequency)_?penalty|logprobs|top_logprobs|logit_bias|n|p|k)$/i,
  },
  { kind: "tools", field: /(?:^|\.)tools?\b|tool_?(?:choice|calls|config)|function_?call|parallel_tool_calls/i },
  { kind: "instructions", field: /^(?:system|instructions)/i },
  { kind: "media", field: /image|audio|inline_?data|file/i },
  { kind: "content", field: /content|parts|messages|^input\b|^output\b|delta|choices|candidates|text$|refusal/i },
];

export const dropped = (field: string, detail: string): Loss => ({ field, how: "dropped", detail });
export const clamped = (field: string, detail: string): Loss => ({ field, how: "clamped", detail });
export const approximated = (field: string, detail: string): Loss => ({ field, how: "approximated", detail });

/** What a reader or writer came to, with what it could not carry. */
export interface WithLosses<T> {
  readonly value: T;
  readonly losses: readonly Loss[];
}
