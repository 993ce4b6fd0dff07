/** One bounded question to a server on this machine: whether a program that serves models runs, and which. Never through a proxy. */
import { asArray, asObject, asText, at, type JsonObject, parseJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";

/** Where a local server lists its models, by the catalog's name for it. */
export const LIST_PATHS: ReadonlyMap<string, string> = new Map([
  ["ollama", "/api/tags"],
  ["ollama-anthropic", "/api/tags"],
]);

/** A program on this machine answers at once, or does not run. */
const ANSWER_MS_MAX = 300;
const ANSWER_BYTES_MAX = 1_048_576;
/** Of the names it lists. */
const NAMES_MAX = 200;
const NAME_CHARS_MAX = 100;

/** The text of a good answer; null: nothing answers in time, or not like this. */
export async function getLocal(url: string): Promise<string | null> {
  if (!isLoopback(url)) return null;
  const { get } = await import("node:http");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => request.destroy(), ANSWER_MS_MAX);
    const end = (text: string | null): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(text);
    };
    const request = get(url, (response) => {
      if (response.statusCode !== 200) return end(null);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) end(null);
        else chunks.push(chunk);
      });
      response.on("end", () => end(Buffer.concat(chunks).toString("utf8")));
      response.on("close", () => end(null));
    });
    request.on("error", () => end(null));
  });
}

/** Written as an address, because a name could lead elsewhere. */
export function isLoopback(url: string): boolean {
  return /^http:\/\/(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?(?:\/|$)/.test(url);
}

/** Ids of the models a local Ollama has (`GET /api/tags`); null: the text is no such list. */
export function readTags(text: string): readonly string[] | null {
  const listed = asArray(at(objectIn(text), "models"));
  if (listed === undefined) return null;
  const names = listed.slice(0, NAMES_MAX).flatMap((each) => asText(at(each, "name")) ?? []);
  return names.filter((name) => name.length <= NAME_CHARS_MAX && PLAIN_NAME.test(name));
}

const PLAIN_NAME = /^[\w.-]+(?:\/[\w.-]+)*(?::[\w.-]+)?$/;

function objectIn(text: string): JsonObject | null {
  try {
    return asObject(parseJson(text)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
