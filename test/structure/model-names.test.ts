// What differs between vendors and their models is a fact of the catalog: no regex and no text in these rooms names one.

import { expect, test } from "bun:test";
import { Glob } from "bun";

const ROOMS = ["protocols", "exchange", "routing", "upstream"];
const SRC = `${import.meta.dir}/../../src`;

/** Families of models, and vendors whose name no protocol bears, as ids spell them. */
const NAMES =
  /claude|anthropic\.|openai\.|gpt-|chatgpt|gemini-|gemma|deepseek|moonshot|kimi|\bglm|zai\b|grok|\bxai\b|mistral|voxtral|qwen|llama|\bnova\b|cohere\.|command-r|minimax|opus-|sonnet|haiku|fable|mythos|dashscope|openrouter|fireworks/;

/** Headers, which tell nothing of what a model takes. */
const HEADERS = /^x-(claude-code|gemini)-/;

const EXEMPT: ReadonlyMap<string, string> = new Map([
  [
    "protocols/bedrock/embed.ts",
    "each maker's embeddings have a body of their own at InvokeModel, told by the id alone",
  ],
  ["exchange/answer/quota-words.ts", "tells beside each word which vendors say it; nothing is decided by that"],
]);

/** Regexes and texts of a file, without its comments. */
function literalsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|[\s;,(])\/\/.*$/gm, "$1");
  const texts = code.matchAll(
    /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|(?<=[=(:,[!&|?]\s*)\/((?:[^/\\\n]|\\.)+)\/[a-z]*/g,
  );
  return [...texts].map(([, text, template, regex]) => text ?? template ?? regex ?? "");
}

const namesIn = (source: string): string[] =>
  literalsOf(source).filter(
    (text) => NAMES.test(text.replaceAll("\\", "").toLowerCase()) && !HEADERS.test(text) && !text.startsWith("."),
  );

test("no text and no regex of these rooms names a vendor's models", async () => {
  const found: string[] = [];
  for (const room of ROOMS) {
    for await (const file of new Glob(`${room}/**/*.ts`).scan(SRC)) {
      if (EXEMPT.has(file)) continue;
      for (const text of namesIn(await Bun.file(`${SRC}/${file}`).text())) found.push(`${file}: ${text}`);
    }
  }
  expect(found).toEqual([]);
});

test("a file that may name them does", async () => {
  for (const file of EXEMPT.keys()) expect(namesIn(await Bun.file(`${SRC}/${file}`).text())).not.toEqual([]);
});

test("what the check would catch", () => {
  expect(namesIn("const a = /^(o\\d|gpt-[5-9])/;")).toEqual(["^(o\\d|gpt-[5-9])"]);
  expect(namesIn('if (name.includes("claude-3")) go();')).toEqual(["claude-3"]);
  expect(namesIn("const a = [[/nova-2/, X]];")).toEqual(["nova-2"]);
  expect(namesIn('// claude\nconst a = "x"; /** "gemini-3" */')).toEqual([]);
  expect(namesIn('import { a } from "../anthropic/wire.ts"; const b = "x-claude-code-*";')).toEqual([]);
});
