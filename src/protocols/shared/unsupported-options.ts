/** Options of a request that a vendor does not have, or has in other words: each is a loss where the client asked for it. */
import type { IrRequest } from "../../ir/request.ts";
import type { WriteContext } from "./write-context.ts";

/** Whether the option asks for anything beside the default. */
const ASKS = {
  n: ({ choices }) => choices !== null && choices > 1,
  logprobs: ({ logprobs }) => logprobs !== null,
  user: ({ user }) => user !== null,
  metadata: ({ metadata }) => metadata !== null && Object.keys(metadata).length > 0,
  seed: ({ sampling }) => sampling.seed !== null,
  presence_penalty: ({ sampling }) => sampling.presencePenalty !== null && sampling.presencePenalty !== 0,
  frequency_penalty: ({ sampling }) => sampling.frequencyPenalty !== null && sampling.frequencyPenalty !== 0,
} as const satisfies Record<string, (request: IrRequest) => boolean>;

/** `api`: how losses call the vendor's API. */
export function dropOptions(
  request: IrRequest,
  options: readonly (keyof typeof ASKS)[],
  api: string,
  { losses }: WriteContext,
): void {
  for (const option of options) {
    if (!ASKS[option](request)) continue;
    losses.drop(option, option === "n" ? "the vendor gives one answer" : `${api} has no such option`);
  }
}

/** The vendor's word for another vendor's tier. Null: nothing is written. `words`: null for what happens unasked. */
export function tierWord<Word extends string>(
  tier: string,
  words: ReadonlyMap<string, Word | null>,
  { losses }: WriteContext,
): Word | null {
  const word = words.get(tier);
  if (word === undefined) losses.drop("service_tier", "the vendor has no such tier");
  return word ?? null;
}
