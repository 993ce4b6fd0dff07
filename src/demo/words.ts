/** Sentences of the simulated models. They look at the question and never pretend that a model has answered. */

interface AnswerInput {
  readonly question: string;
  /** Images in the last message. */
  readonly pictures: number;
  /** Which of several answers it is, from 0. */
  readonly variant: number;
  readonly model: string;
}

export function composeAnswer({ question, pictures, variant, model }: AnswerInput): string {
  const seen = pictures === 0 ? "" : `I see ${pictures === 1 ? "one picture" : `${pictures} pictures`}. `;
  const kind = KINDS.find(({ asks }) => asks.test(question));
  const said = kind === undefined ? GENERAL[variant % GENERAL.length] : kind.answer;
  const text = said === undefined ? "" : said(question);
  return `${seen}${text}\n\n(Simulated by ${model}: the gateway is real, the model is not.)`;
}

/** The answer after tools have run: what they said is in it. */
export function composeFromResults(results: readonly string[], question: string): string {
  const outputs = results.map((result) => result.trim().slice(0, RESULT_CHARS_MAX)).filter((result) => result !== "");
  if (outputs.length === 0) return `The tool has run and said nothing, so ${topicOf(question)} is done.`;
  return `About ${topicOf(question)}: the tool says ${outputs.join("; and ")}.`;
}

const RESULT_CHARS_MAX = 400;

/** The words a question turns on, as one phrase. */
export function topicOf(question: string): string {
  const words = question.match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? [];
  const telling = words.filter((word) => word.length > 2 && !PLAIN_WORDS.has(word.toLowerCase()));
  return telling.slice(0, TOPIC_WORDS_MAX).join(" ") || "that";
}

const TOPIC_WORDS_MAX = 5;

interface Kind {
  readonly asks: RegExp;
  readonly answer: (question: string) => string;
}

const SUM = /(-?\d+(?:\.\d+)?)\s*([-+*/x×])\s*(-?\d+(?:\.\d+)?)/;
const COUNT_TO = /\bcount (?:up )?to (\d{1,4})\b/i;
const COUNT_MAX = 300;

/** The first one that fits answers. */
const KINDS: readonly Kind[] = [
  { asks: SUM, answer: (question) => `${calculate(question)}.` },
  { asks: COUNT_TO, answer: count },
  {
    asks: /^\W*(?:say )?(?:hello|hi|hey|good (?:morning|evening))\b/i,
    answer: () => "Hello! It is good to hear from you. What shall we look at?",
  },
  {
    asks: /\b(?:code|function|script|program)\b/i,
    answer: (question) =>
      [
        `Here is a small sketch for ${topicOf(question)}:`,
        "",
        "```ts",
        "export function answer(question: string): string {",
        "  return question.trim() === '' ? 'Ask me something.' : 'I would start with the simplest case.';",
        "}",
        "```",
        "",
        "It covers the simple case first; the rest follows from the tests.",
      ].join("\n"),
  },
  {
    asks: /\b(?:list|ideas|steps|ways|reasons|examples)\b/i,
    answer: (question) =>
      [
        `Three thoughts on ${topicOf(question)}:`,
        "",
        "1. Begin with what is known for certain.",
        "2. Change one thing at a time, and look.",
        "3. Write down what you have learned before it is forgotten.",
      ].join("\n"),
  },
  {
    asks: /^\W*why\b/i,
    answer: (question) =>
      `Mostly because of how the parts work together. With ${topicOf(question)} a small cause at the beginning has a large effect at the end, and everything after it only carries it along.`,
  },
];

const GENERAL: readonly ((question: string) => string)[] = [
  (question) =>
    `In short: ${topicOf(question)} is best understood from its purpose. Look first at what it is for, then at what it needs, and the details explain themselves.`,
  (question) =>
    `Seen from the other side, ${topicOf(question)} is a matter of trade-offs. What is gained in one place is paid for in another, and a good answer says which.`,
  (question) =>
    `There is more than one view of ${topicOf(question)}. The simplest one that fits what you see is usually the right one to start with.`,
];

function calculate(question: string): string {
  const [, left = "0", sign = "+", right = "0"] = SUM.exec(question) ?? [];
  const [a, b] = [Number(left), Number(right)];
  if (sign === "/" && b === 0) return "Nothing can be divided by zero";
  const value = sign === "+" ? a + b : sign === "-" ? a - b : sign === "/" ? a / b : a * b;
  return `${left} ${sign} ${right} = ${Number(value.toPrecision(12))}`;
}

function count(question: string): string {
  const last = Math.min(COUNT_MAX, Number(COUNT_TO.exec(question)?.[1] ?? 1));
  return `${Array.from({ length: last }, (_, index) => index + 1).join(", ")}.`;
}

const PLAIN_WORDS: ReadonlySet<string> = new Set(
  (
    "the and for are was were you your with what when where which who why how does did can could would should will " +
    "this that these those there here have has had not but about from into than then them they its his her our " +
    "please tell give make write show explain describe say use using want need me"
  ).split(" "),
);
