/**
 * A conversation as Claude takes it. The user begins it where the vendor wants that. The user also ends it where the model
 * takes no beginning of its own answer (ericc-ch/copilot-api#261, vybestack/llxprt-code#3695, read 2026-11-30).
 */
import type { JsonObject } from "../../../std/json.ts";
import type { Losses } from "../losses.ts";

export function withUserEnds(
  turns: readonly JsonObject[],
  asked: {
    /** "A conversation must start with a user message", says Converse. */
    readonly userBegins: boolean;
    readonly takesPrefill: boolean;
    readonly userTurn: (words: string) => JsonObject;
    readonly losses: Losses;
  },
): readonly JsonObject[] {
  const { userBegins, takesPrefill, userTurn, losses } = asked;
  const begins = userBegins && turns[0]?.["role"] === "assistant";
  const ends = !takesPrefill && turns.at(-1)?.["role"] === "assistant";
  if (begins) losses.approximate("messages", "a conversation begins with the user, so a short turn is put in front");
  if (ends) losses.approximate("messages", "the model begins its answers itself, so a short turn asks it to go on");
  return [...(begins ? [userTurn("Begin.")] : []), ...turns, ...(ends ? [userTurn("Go on.")] : [])];
}
