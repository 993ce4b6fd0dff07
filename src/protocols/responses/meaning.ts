/** What a vendor's words mean, those that only vendors of the Responses API use. */
import { createMeaning } from "../shared/errors/meaning.ts";

export const meaningOf = createMeaning({
  words: [
    ["usage_not_included", "billing"],
    ["server_is_overloaded", "overloaded"],
    ["server_overloaded", "overloaded"],
    ["invalid_prompt", "content-policy"],
    ["bio_policy", "content-policy"],
    ["cyber_policy", "content-policy"],
    ["image_content_policy_violation", "content-policy"],
  ],
  lengths:
    /maximum context length|maximum prompt length|context window|context length|context size|context limit|prompt is too long|prompt too long|input is too long|too many tokens|reduce the length of|exceeds the maximum number of tokens|exceeded model token limit/i,
});
