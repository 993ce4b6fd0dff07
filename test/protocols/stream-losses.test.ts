// What a stream lost is named as precisely as what a whole answer of the same words lost: by the same member, for the same reason.
import { describe, expect, test } from "bun:test";
import { eventsOf } from "../../src/ir/fold.ts";
import type { Loss } from "../../src/ir/loss.ts";
import { CASES, PAIRS, translate, translateEvents } from "../corpus/translate.ts";

/** A stream passes arguments on as they come, so what is no JSON is the client's to see. */
const ONLY_WHOLE: ReadonlySet<string> = new Set(["content[].input approximated"]);

/** Without numbers; a piece of a stream is what is a message in a whole answer. */
function linesOf(losses: readonly Loss[]): string[] {
  const lines = losses.map(
    ({ field, how }) => `${field.replaceAll(/\[\d+\]/g, "[]").replace(".delta.", ".message.")} ${how}`,
  );
  return [...new Set(lines)].filter((line) => !ONLY_WHOLE.has(line)).toSorted();
}

for (const pair of PAIRS) {
  if (pair.client === pair.lane) continue;
  describe(`${pair.lane.id} to ${pair.client.id}`, () => {
    test.each(CASES.responses)("%s", (name) => {
      const whole = translate("responses", pair, name);
      const sent = whole.response?.sent;
      if (sent === undefined) throw new Error("an answer came to none");
      expect(linesOf(translateEvents(pair, eventsOf(sent)).losses)).toEqual(linesOf(whole.losses));
    });
  });
}
