/** The keys of a quality gate: of a pool, or of one task of a pool. One shape for both. */
import { z } from "zod";
import { EVALUATOR_KINDS } from "../ir/quality.ts";

const EVALUATORS_MAX = 10;
const ATTEMPTS_MAX = 100;
const NAME_CHARS_MAX = 8_192;
const RUBRIC_CHARS_MAX = 8_192;
/** The client waits for it. */
const TIMEOUT_MS_MAX = 600_000;

/** All kinds share one list, so their keys stand together; check-quality.ts says which kind has which. */
const evaluator = z.strictObject({
  kind: z.enum(EVALUATOR_KINDS),
  version: z.int().min(1).max(2).optional(),
  model: z.string().min(1).max(NAME_CHARS_MAX).optional(),
  min_score: z.number().min(0).max(1).optional(),
  rubric: z.string().min(1).max(RUBRIC_CHARS_MAX).optional(),
  timeout_ms: z.int().min(1).max(TIMEOUT_MS_MAX).optional(),
});

export const qualitySchema = z.strictObject({
  threshold: z.number().min(0).max(1).optional(),
  attempts: z.int().min(1).max(ATTEMPTS_MAX).optional(),
  on_below: z.enum(["next", "return_best"]).optional(),
  evaluators: z.array(evaluator).min(1).max(EVALUATORS_MAX).optional(),
});

export type ConfigQuality = z.infer<typeof qualitySchema>;
export type ConfigEvaluator = z.infer<typeof evaluator>;
