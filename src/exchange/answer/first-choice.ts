/** Where one answer was asked for it is the first, whatever number its vendor gives it: most protocols know only that one. */
import type { AnswerEvent } from "../../ir/event.ts";
import type { IrResponse } from "../../ir/response.ts";

/** Of a stream's events, one after the other. */
export function createFirstChoice(): (event: AnswerEvent) => AnswerEvent {
  let first: number | null = null;
  return (event) => {
    if (event.type !== "block-start" && event.type !== "finish") return event;
    first ??= event.choice;
    const choice = renumbered(event.choice, first);
    return choice === event.choice ? event : { ...event, choice };
  };
}

export function withFirstChoice(response: IrResponse): IrResponse {
  const first = response.choices[0]?.index ?? 0;
  if (first === 0) return response;
  return { ...response, choices: response.choices.map((each) => ({ ...each, index: renumbered(each.index, first) })) };
}

/** The one that came first and the number 0 change places. */
function renumbered(choice: number, first: number): number {
  if (choice === first) return 0;
  return choice === 0 ? first : choice;
}
