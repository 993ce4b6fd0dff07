/** What a router is asked for where the client says nothing: its own members, by its own names. */
import { z } from "zod";

const text = z.string().min(1).max(8_192);
const words = z.array(text).max(1_000);
const price = z.union([z.number().min(0), text], { error: "must be a price in US dollars" }).optional();
const percentiles = z
  .union(
    [
      z.number().min(0),
      z.strictObject({
        p50: z.number().min(0).optional(),
        p75: z.number().min(0).optional(),
        p90: z.number().min(0).optional(),
        p99: z.number().min(0).optional(),
      }),
    ],
    { error: "must be a number, or numbers for p50, p75, p90 and p99" },
  )
  .optional();

export const openrouter = z.strictObject({
  provider: z
    .strictObject({
      order: words.optional(),
      allow_fallbacks: z.boolean().optional(),
      only: words.optional(),
      ignore: words.optional(),
      sort: z
        .union([text, z.strictObject({ by: text.optional(), partition: z.enum(["model", "none"]).optional() })], {
          error: "must be a word, or { by: <word> } with partition",
        })
        .optional(),
      max_price: z
        .strictObject({ prompt: price, completion: price, request: price, image: price, audio: price })
        .optional(),
      preferred_min_throughput: percentiles,
      preferred_max_latency: percentiles,
      quantizations: words.optional(),
      data_collection: z.enum(["allow", "deny"]).optional(),
      zdr: z.boolean().optional(),
      require_parameters: z.boolean().optional(),
      enforce_distillable_text: z.boolean().optional(),
    })
    .optional(),
  models: words.optional(),
});
