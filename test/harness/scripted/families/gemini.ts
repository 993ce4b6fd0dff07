/** Gemini 3, which ties every call of a turn to the signature of what it thought. */
import { asArray, asObject, asText, type JsonObject, at as within } from "../../../../src/std/json.ts";
import { GEMINI_DIALECT, NO_SIGNATURE, turnsOf } from "../gemini.ts";
import { objects } from "../rules.ts";
import { sealOf } from "../seals.ts";
import { type Family, type Rule, ruled, when } from "./family.ts";

const partsOf = (content: JsonObject | undefined): JsonObject[] => objects(content?.["parts"]);
const has = (part: JsonObject, name: string): boolean => asObject(part[name]) !== undefined;

const RULES: readonly Rule[] = [
  {
    name: "the first call of each step of this turn brings its signature",
    source: "ai.google.dev/gemini-api/docs/thought-signatures; nanbingxyz/5ire#405",
    broken: ({ body }) => {
      const turns = turnsOf(body);
      const begun = turns.findLastIndex(
        (turn) => turn["role"] === "user" && partsOf(turn).some((part) => !has(part, "functionResponse")),
      );
      return turns.slice(begun + 1).flatMap((turn) => {
        const first = partsOf(turn).find((part) => has(part, "functionCall"));
        const isMissing = first !== undefined && asText(first["thoughtSignature"]) === undefined;
        return when(isMissing, "Function call is missing a thought_signature in functionCall parts.");
      });
    },
  },
  {
    name: "a call comes right behind a user's turn or a response",
    source: "google-gemini/gemini-cli#26486, google-gemini/gemini-cli#11814, lbjlaq/Antigravity-Manager#3396",
    broken: ({ body }) =>
      turnsOf(body).flatMap((turn, at) =>
        when(
          at === 0 && partsOf(turn).some((part) => has(part, "functionCall")),
          "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
        ),
      ),
  },
  {
    name: "parts of a response are media",
    source: "ai.google.dev, FunctionResponsePart (generativelanguage v1beta)",
    broken: ({ body }) =>
      turnsOf(body)
        .flatMap(partsOf)
        .flatMap((part) => asArray(within(part, "functionResponse", "parts")) ?? [])
        .flatMap((part) => when(asObject(asObject(part)?.["inlineData"]) === undefined, "FunctionResponsePart.data")),
  },
  {
    name: "a signature is of the step it stands in",
    source: "ai.google.dev/gemini-api/docs/thought-signatures; docs.apiyi.com/en/faq/gemini-thought-signature-missing",
    broken: ({ body }) => {
      const steps = turnsOf(body).filter((turn) => partsOf(turn).some((part) => has(part, "functionCall")));
      return steps.flatMap((turn, step) =>
        partsOf(turn).flatMap((part) => {
          const seal = asText(part["thoughtSignature"]);
          const isFine = seal === undefined || NO_SIGNATURE.includes(seal) || seal === sealOf("gemini", step);
          return when(!isFine, "Thought signature is not valid");
        }),
      );
    },
  },
];

export const GEMINI: Family = {
  id: "gemini",
  provider: "gemini",
  entry: {},
  models: ["gemini-3.1-pro-preview"],
  doors: [
    ruled({ ...GEMINI_DIALECT, reasoning: (_asked, step, text) => ({ text, seal: sealOf("gemini", step) }) }, RULES),
  ],
};
