/**
 * The quality gate of one request: a late commit. Each answer is held until it is whole and graded. Below the threshold
 * another lane is asked, and the best so far may be served where the target or the client allows that.
 */
import type { Target } from "../../ir/deployment.ts";
import { failure } from "../../ir/failure.ts";
import { type Grade, gradingMsMax, isPassing, type QualitySettings } from "../../ir/quality.ts";
import type { AnswerRule } from "../answer/verdict.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import { askVerdict, type HeldAnswer, type JudgedExchange } from "../verdict-contract.ts";
import type { Subject } from "./evaluator.ts";
import { grade } from "./evaluators.ts";
import { readHeld } from "./held-answer.ts";

interface QualityGate {
  /** For one attempt; null: answers of this target are not graded. */
  ruleOf(target: Target): AnswerRule | null;
}

interface GateInput {
  readonly call: ClientCall;
  readonly exchange: JudgedExchange;
  readonly world: Pick<World, "deployment" | "effects">;
}

/** Whether answers to this call are graded at all: what else than a chat is asked has no answer in words. */
export function isGated({ request }: Pick<ClientCall, "request">, { quality }: Target): boolean {
  const { operation, compacts } = request.facts;
  return quality !== null && operation === "chat" && compacts !== true;
}

export function openGate(input: GateInput): QualityGate {
  let graded = 0;
  return {
    ruleOf(target) {
      const settings = target.quality;
      if (settings === null || !isGated(input.call, target)) return null;
      return createRule(settings, {
        ...input,
        isLast() {
          graded += 1;
          return graded >= settings.attempts;
        },
      });
    },
  };
}

/** Holds what its one answer came to. */
function createRule(settings: QualitySettings, { call, exchange, world, isLast }: GateInput & { isLast(): boolean }) {
  const { threshold, evaluators, onBelow } = settings;
  let given: Grade | null = null;
  const rule: AnswerRule = {
    hold: "until-end",
    get grade() {
      return given;
    },
    judge(held) {
      return askVerdict(
        exchange,
        (context) => {
          const subject = subjectOf(call, held);
          const { deployment, effects } = world;
          const asking = { threshold, ask: context.ask, deployment, newId: effects.randomId };
          const told = subject === null ? UNREADABLE : grade({ ...asking, subject, evaluators });
          const conclude = ({ score, reasons }: Pick<Grade, "score" | "reasons">) => {
            const mayStandIn = onBelow === "return-best" && !isPassing({ score, threshold });
            given = { score, threshold, reasons, isLast: isLast(), mayStandIn };
            return isPassing(given) ? null : LOW_QUALITY;
          };
          return told instanceof Promise ? told.then(conclude) : conclude(told);
        },
        gradingMsMax(evaluators),
      );
    },
  };
  return rule;
}

const UNREADABLE = { score: 0, reasons: ["structural: unreadable"] };
const LOW_QUALITY = failure("low-quality", "The model's answer was not good enough to be passed on.");

function subjectOf(call: ClientCall, held: HeldAnswer): Subject | null {
  const answer = readHeld(call, held);
  if (answer === null) return null;
  const question = call.ir();
  return { question: question.ok ? question.value.value : null, answer, task: "default", from: held };
}
