/** What several vendors check alike: members nobody knows, names, and that every call has its one result, next to it. */
import { asArray, asObject, asText, type JsonObject } from "../../../src/std/json.ts";

export function objects(value: unknown): JsonObject[] {
  return (asArray(value) ?? []).map((each) => asObject(each)).filter((each) => each !== undefined);
}

export function unknownMembers(object: JsonObject, known: readonly string[], where: string): string[] {
  return Object.keys(object).flatMap((name) => (known.includes(name) ? [] : [`${where}: unknown member ${name}`]));
}

export function nameProblem(name: unknown, pattern: RegExp, where: string): string[] {
  const text = asText(name);
  return text !== undefined && pattern.test(text) ? [] : [`${where}: illegal name ${JSON.stringify(name)}`];
}

/** Ids that are missing, spare or doubled in the answers to calls. */
export function pairProblems(calls: readonly string[], results: readonly string[], where: string): string[] {
  const problems = calls.flatMap((id) =>
    results.filter((each) => each === id).length === 1 ? [] : [`${where}: ${id} needs one result`],
  );
  const spare = results.flatMap((id) =>
    calls.includes(id) ? [] : [`${where}: a result for ${id}, which nobody called`],
  );
  const doubled = new Set(calls).size === calls.length ? [] : [`${where}: two calls of one id`];
  return [...problems, ...spare, ...doubled];
}

/** Parsed where it is JSON text; the text itself, marked, where it is not: arguments must be JSON. */
export function parsedArguments(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : { notText: text };
  } catch {
    return { notJson: text };
  }
}

/** The texts of a content that is a string or a list of parts with `text`. */
export function textOfContent(content: unknown): string {
  return typeof content === "string"
    ? content
    : objects(content)
        .map((part) => asText(part["text"]) ?? "")
        .join("");
}
