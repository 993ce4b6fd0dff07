/**
 * Requests that no client library writes: a sound body of the corpus with a few of its names and values made strange. The
 * seed decides everything, so that the one a failure names makes the same request again.
 */
import type { Protocol } from "../../src/protocols/protocol.ts";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { REQUESTS } from "../corpus/corpus.ts";
import { bodyFrom } from "../corpus/translate.ts";
import { createSeededRandom } from "./virtual-effects.ts";

/** A JSON value before it is text: names may repeat, and a text may hold what no parsed value could. */
type Node =
  | { readonly kind: "text"; text: string }
  | { readonly kind: "array"; items: Node[] }
  | { readonly kind: "object"; members: { name: string; value: Node }[] };

/** Strings as JSON text. */
const STRINGS: readonly string[] = [
  ...['""', '" "', '"\\ud800"', '"\\udfff tail"', '"a\\ud83dz"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\u2028"', '"é😀"'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"hasOwnProperty"',
    '"length"',
    '"\\u005f_proto__"',
    '"\\r\\nx: y"',
  ],
  ...['"%"', '"%ff"', '"%ed%a0%80"', '"/"', '".."', '"."', '"a/b:c"', '"pool"', '"auto"', '"none"', '"\\u007f"'],
  `"${"n".repeat(300)}"`,
  `"${"\\ud800".repeat(80)}"`,
  ...['"data:"', '"data:,"', '"data:image/png;base64,"', '"data:image/png;base64,%%%"', '"data:;base64,aGk="'],
  ...[
    '"aGk"',
    '"aGk="',
    '"====="',
    '"http://"',
    '"https://[::1"',
    '"https://ä.invalid/\\ud800"',
    '"file:///etc/passwd"',
  ],
  ...['"gs://b/o"', '"s3://b/o"', '"not a url"', '"https://h:99999/"', '"image/png"', '"application/pdf"', '"/pdf"'],
  ...[
    '"{"',
    '"{}"',
    '"[1]"',
    '"null"',
    '"1"',
    '"{\\"a\\":1e400}"',
    '"{\\"a\\":\\"\\\\ud800\\"}"',
    '"{\\"\\\\ud800\\":1}"',
  ],
  ...['"{\\"__proto__\\":{\\"a\\":1}}"', '"{\\"a\\":1,\\"a\\":2}"', '"{\\"a\\":9007199254740993}"'],
  JSON.stringify("[".repeat(100) + "]".repeat(100)),
  JSON.stringify("[".repeat(20_000) + "]".repeat(20_000)),
  JSON.stringify('{"a":'.repeat(10_000)),
];

const NUMBERS: readonly string[] = [
  ...["0", "-0", "-1", "1", "2", "0.1", "1.0", "1e400", "-1e400", "1E-400", "9007199254740993", "1e21", "65535"],
  "123456789012345678901234567890",
  `1${"0".repeat(400)}`,
];

const OTHERS: readonly string[] = [
  ...[
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{}]",
    '[""]',
    '{"":""}',
    '{"type":null}',
    '{"type":"\\ud800"}',
  ],
  ...[
    '{"__proto__":{"type":"text"}}',
    '{"constructor":1}',
    '{"type":"text"}',
    '{"type":"text","text":1}',
    '{"\\ud800":1}',
  ],
  ...['{"type":"__proto__"}', '{"type":"object","properties":{"\\ud800":{"type":"string"}}}', '[1,"a",null,{}]'],
  nested(20),
  nested(58),
  nested(70),
];

const VALUES: readonly string[] = [...STRINGS, ...NUMBERS, ...OTHERS];

const CASES = Object.keys(REQUESTS);
/** Changes made to one body. */
const CHANGES_MAX = 4;
/** Bytes broken in one body of so many. */
const BROKEN_ONE_IN = 25;

export interface StrangeRequest {
  readonly body: Uint8Array;
  /** What a client asks for whose path names the model. */
  readonly target: string;
}

type Pick = <T>(list: readonly T[]) => T;

/** A question in the client's protocol. */
export function strangeQuestion(client: Protocol, seed: number): StrangeRequest {
  const random = createSeededRandom(seed);
  const sound = soundBody(client, pickOf(random)(CASES));
  return strangeOf({ ...sound, ...(random() < 0.5 ? { stream: random() < 0.5 } : {}) }, random);
}

/** What is asked beside chat: every member that any vendor has for it, the model among them. */
export function strangeOperation(seed: number): StrangeRequest {
  const random = createSeededRandom(seed);
  return strangeOf(pickOf(random)(OPERATIONS), random);
}

const OPERATIONS: readonly Readonly<Record<string, unknown>>[] = [
  { model: "pool", input: ["a", "b"], dimensions: 256, encoding_format: "base64", user: "u" },
  { model: "pool", texts: ["a", "b"], input_type: "search_query", embedding_types: ["float", "int8"], truncate: "END" },
  {
    model: "pool",
    inputs: [{ content: [{ type: "text", text: "a" }] }],
    input_type: "image",
    embedding_types: ["float"],
  },
  { content: { parts: [{ text: "a" }] }, taskType: "RETRIEVAL_QUERY", title: "t", outputDimensionality: 128 },
  { requests: [{ model: "models/pool", content: { parts: [{ text: "a" }, { text: "b" }] } }] },
  { inputText: "a", dimensions: 256, normalize: true, embeddingTypes: ["float"] },
  {
    model: "pool",
    query: "which",
    documents: ["a", { text: "b" }],
    top_n: 1,
    max_tokens_per_doc: 9,
    return_documents: true,
  },
  { model: "pool", messages: [{ role: "user", content: "a" }], system: "s", tools: [] },
  {
    contents: [{ role: "user", parts: [{ text: "a" }] }],
    generateContentRequest: { model: "models/pool", contents: [] },
  },
  { input: { converse: { messages: [{ role: "user", content: [{ text: "a" }] }] } } },
  { input: { invokeModel: { body: "eyJtZXNzYWdlcyI6W119" } } },
  { model: "pool", input: [{ role: "user", content: "a" }], instructions: "s", prompt: "a", n: 1, stream: false },
];

function pickOf(random: () => number): Pick {
  return (list) => {
    const found = list[Math.floor(random() * list.length)];
    if (found === undefined) throw new Error("there is nothing to pick from");
    return found;
  };
}

function strangeOf(sound: Readonly<Record<string, unknown>>, random: () => number): StrangeRequest {
  const pick = pickOf(random);
  const root = nodeOf(sound);
  const changes = 1 + Math.floor(random() * CHANGES_MAX);
  for (let made = 0; made < changes; made += 1) change(root, pick, random);
  const bytes = encodeUtf8(textOf(root));
  if (random() * BROKEN_ONE_IN < 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return { body: bytes, target: random() < 0.9 ? "pool" : String(JSON.parse(pick(STRINGS))) };
}

/** Written once for each protocol and case. */
const SOUND = new Map<string, Readonly<Record<string, unknown>>>();

function soundBody(client: Protocol, name: string): Readonly<Record<string, unknown>> {
  const key = `${client.id} ${name}`;
  const known = SOUND.get(key);
  if (known !== undefined) return known;
  const request = REQUESTS[name];
  if (request === undefined) throw new Error(`the corpus has no case ${name}`);
  const made = bodyFrom(client, request);
  SOUND.set(key, made);
  return made;
}

function change(root: Node, pick: Pick, random: () => number): void {
  const places = [root, ...insideOf(root)];
  const place = pick(places);
  const strange = (): Node => ({ kind: "text", text: pick(VALUES) });
  if (place.kind === "text") {
    place.text = pick(random() < 0.5 ? STRINGS : VALUES);
    return;
  }
  if (place.kind === "array") {
    const at = Math.floor(random() * (place.items.length + 1));
    const more = random() < 0.5 ? strange() : pick(places);
    // A place within itself would have no end.
    if (isOutside(more, place)) place.items.splice(at, random() < 0.5 ? 1 : 0, more);
    return;
  }
  const member = place.members.length === 0 ? undefined : pick(place.members);
  switch (Math.floor(random() * 6)) {
    case 0:
      place.members.push({ name: pick(STRINGS), value: strange() });
      break;
    case 1:
      if (member !== undefined) member.name = pick(STRINGS);
      break;
    case 2:
      if (member !== undefined)
        place.members.push({ name: member.name, value: random() < 0.5 ? member.value : strange() });
      break;
    case 3:
      if (member !== undefined) place.members.splice(place.members.indexOf(member), 1);
      break;
    case 4: {
      const other = pick(places);
      if (member !== undefined && isOutside(other, place)) member.value = other;
      break;
    }
    default:
      if (member !== undefined) member.value = strange();
  }
}

/** A value that does not hold `place`. */
function isOutside(value: Node, place: Node): boolean {
  return value !== place && !insideOf(value).includes(place);
}

function insideOf(node: Node): Node[] {
  switch (node.kind) {
    case "text":
      return [];
    case "array":
      return node.items.flatMap((item) => [item, ...insideOf(item)]);
    case "object":
      return node.members.flatMap(({ value }) => [value, ...insideOf(value)]);
    default:
      return node satisfies never;
  }
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return { kind: "array", items: value.map(nodeOf) };
  if (typeof value === "object" && value !== null && !JSON.isRawJSON(value)) {
    const members = Object.entries(value).map(([name, each]) => ({ name: JSON.stringify(name), value: nodeOf(each) }));
    return { kind: "object", members };
  }
  return { kind: "text", text: JSON.stringify(value) };
}

function textOf(node: Node): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "array":
      return `[${node.items.map(textOf).join(",")}]`;
    case "object":
      return `{${node.members.map(({ name, value }) => `${name}:${textOf(value)}`).join(",")}}`;
    default:
      return node satisfies never;
  }
}

function nested(levels: number): string {
  return `${'{"items":['.repeat(levels / 2)}1${"]}".repeat(levels / 2)}`;
}
