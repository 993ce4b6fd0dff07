/**
 * Questions to another process whose answers come later, as messages with the question's number. Each question ends once:
 * with its answer, or with a reason why there is none.
 */
import type { Cancel, Effects } from "./effects.ts";

export interface Pending<Answer> {
  /** Never rejects; what the callbacks return is the result. */
  ask<Result>(question: Question<Answer, Result>): Promise<Result>;
  /** False: no question of this number is open, because it has ended or was never asked. */
  answer(id: number, answer: Answer): boolean;
  /** The other side is gone: ends every open question, and later ones at once. */
  close(): void;
}

interface Question<Answer, Result> {
  /** False: the message cannot be sent. */
  readonly send: (id: number) => boolean;
  /** Called when the answer comes, before `answer` returns. */
  readonly answered: (answer: Answer) => Result;
  readonly unanswered: (why: Unanswered) => Result;
}

type Unanswered = "timeout" | "not-sent" | "too-many-open" | "closed";

interface PendingOptions {
  readonly openMax: number;
  readonly timeoutMs: number;
  readonly setTimer: Effects["setTimer"];
}

interface OpenQuestion<Answer> {
  readonly answered: (answer: Answer) => void;
  readonly unanswered: (why: Unanswered) => void;
  readonly cancelTimer: Cancel;
}

export function createPending<Answer>({ openMax, timeoutMs, setTimer }: PendingOptions): Pending<Answer> {
  const open = new Map<number, OpenQuestion<Answer>>();
  let lastId = 0;
  let isClosed = false;

  const take = (id: number): OpenQuestion<Answer> | undefined => {
    const question = open.get(id);
    open.delete(id);
    question?.cancelTimer();
    return question;
  };
  return {
    ask({ send, answered, unanswered }) {
      if (isClosed) return Promise.resolve(unanswered("closed"));
      if (open.size >= openMax) return Promise.resolve(unanswered("too-many-open"));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        open.set(id, {
          answered: (answer) => resolve(answered(answer)),
          unanswered: (why) => resolve(unanswered(why)),
          cancelTimer: setTimer(timeoutMs, () => take(id)?.unanswered("timeout")),
        });
        if (!send(id)) take(id)?.unanswered("not-sent");
      });
    },
    answer(id, answer) {
      const question = take(id);
      question?.answered(answer);
      return question !== undefined;
    },
    close() {
      isClosed = true;
      for (const id of [...open.keys()]) take(id)?.unanswered("closed");
    },
  };
}
