/**
 * What an answer looks like from afar: its length, its code, its links, words of refusal. The weights of each version are
 * in `ir/quality.ts`; docs/policy.md shows both tables. Calls of tools are judged by their structure alone.
 */
import { HEURISTICS, type HeuristicSettings } from "../../ir/quality.ts";
import { isToolCall, questionText, TEXT_CHARS_MAX, textOf } from "./answer-text.ts";
import { type Evaluate, NO_OPINION } from "./evaluator.ts";

const SHORT_CHARS = 40;
const MEDIUM_CHARS = 120;
const LONG_CHARS = 400;
/** From here on a question asks for more than a few words. */
const LONG_QUESTION_CHARS = 200;
/** Where a phrase of refusal begins an answer that refuses. */
const REFUSAL_WITHIN_CHARS = 160;
const REPEATS_MIN = 5;

export const heuristic: Evaluate<HeuristicSettings> = ({ question, answer, task }, { version }) => {
  const [choice] = answer.choices;
  // A format that was asked for is what the answer must be like.
  const isStructured = question?.outputFormat != null && question.outputFormat.kind !== "text";
  if (choice === undefined || choice.blocks.some(isToolCall) || isStructured) return NO_OPINION;
  const text = textOf(choice.blocks).slice(0, TEXT_CHARS_MAX).trim();
  // A picture, a sound: nothing is said in words.
  if (text === "") return NO_OPINION;
  const isRefusal = choice.finish?.reason === "refusal" || choice.finish?.reason === "content-filter";
  return { kind: "score", score: scoreOf(text, { asked: questionText(question), task, version, isRefusal }) };
};

interface About {
  readonly asked: string;
  readonly task: string;
  readonly version: HeuristicSettings["version"];
  /** Its vendor called it one. */
  readonly isRefusal: boolean;
}

function scoreOf(text: string, { asked, task, version, isRefusal }: About): number {
  const weights = HEURISTICS[version];
  let score: number = weights.start;
  const expectsMore = !weights.shortForLongQuestions || asked.length >= LONG_QUESTION_CHARS;
  if (text.length < SHORT_CHARS && expectsMore) score += weights.short;
  if (text.length >= MEDIUM_CHARS) score += weights.medium;
  if (text.length >= LONG_CHARS) score += weights.long;
  if (isRefusal || refuses(text, weights.refusalAt)) score += weights.refusal;
  if (repeats(text)) score += weights.repeats;
  const fences = fencesOf(text);
  if (fences % 2 === 1) score += weights.unclosed;
  if (task === "code") {
    score += fences >= 2 || DIFF.test(text) ? weights.code.fenced : weights.code.unfenced;
    if (PATH.test(text)) score += weights.code.path;
  }
  if (task === "research" && LINK.test(text)) score += weights.research.link;
  return score;
}

/** As models begin when they do not do what was asked. */
const REFUSALS =
  /\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can(?:'|no)t|cannot|won't|will not) (?:help|assist|do|provide|answer|comply|fulfill)|as an ai|i must decline|i apologi[sz]e, but|against my (?:guidelines|programming))/;

function refuses(text: string, where: "anywhere" | "beginning"): boolean {
  const words = text.toLowerCase().replaceAll("’", "'");
  if (where === "anywhere") return REFUSALS.test(words);
  return words.length < LONG_CHARS && REFUSALS.test(words.slice(0, REFUSAL_WITHIN_CHARS));
}

/** The same line, of some length, many times without another one. */
function repeats(text: string): boolean {
  let same = 1;
  let before = "";
  for (const line of text.split("\n")) {
    const now = line.trim();
    same = now.length >= 8 && now === before ? same + 1 : 1;
    if (same >= REPEATS_MIN) return true;
    before = now;
  }
  return false;
}

function fencesOf(text: string): number {
  return text.split("\n").filter((line) => line.trimStart().startsWith("```")).length;
}

const DIFF = /^(?:diff --git |@@ -\d|--- a\/|\+\+\+ b\/)/m;
const PATH =
  /(?:^|[\s`"'(])[\w.-]+(?:\/[\w.-]+)+\b|\b[\w-]+\.(?:[cm]?[jt]sx?|py|go|rs|java|c|cc|cpp|h|rb|php|cs|sh|sql|ya?ml|toml|json)\b/;
const LINK = /\bhttps?:\/\/[^\s)]+/;
