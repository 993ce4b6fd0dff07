// `x-ringmain-notices: on`: where a lane was switched or a name stands for another target, the answer says so in one member that
// is spliced in. Without the header, and where there is nothing to tell, not one byte is another.
import { describe, expect, test } from "bun:test";
import type { Deployment } from "../../src/ir/deployment.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Frame } from "../../src/protocols/protocol.ts";
import { at, atPath, parseJson } from "../../src/std/json.ts";
import { question } from "../harness/client-words.ts";
import { type Core, createCore, type Got } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { ALL_WORDS, type Speaker, wordsOf } from "../harness/vendor-words.ts";
import { answerNever } from "../harness/virtual-effects.ts";

const SPEAKERS = ALL_WORDS.map(({ protocol }) => protocol);
const SWITCH = { kind: "switch", from: "a/1/m", to: "b/1/m", reason: "overloaded", tier: "same" };
const ALIAS = { kind: "alias", asked: "Nick", target: "pool", by: "written" };

interface Case {
  readonly ingress: Speaker;
  readonly lane: Speaker;
  readonly isStream: boolean;
  readonly model?: string;
  readonly isBroken?: boolean;
  readonly style?: Deployment["responseHeaders"];
}

function coreOf({ lane, isBroken = true, style = "full" }: Case): Core {
  const words = wordsOf(lane);
  const lanes = ["a/1/m", "b/1/m"].map((id) => laneOf(id, lane));
  const pool = poolOf("pool", lanes, { select: "ordered" });
  const nick = { name: "Nick", target: "pool", by: "written" } as const;
  const deployment = deploymentOf({
    lanes,
    targets: [pool],
    responseHeaders: style,
    aliases: { exact: { nick }, patterns: [] },
  });
  const a = isBroken ? refusing(words, "overloaded") : answering(words);
  return createCore({ deployment, answer: byProvider({ a, b: answering(words) }) });
}

async function ask(given: Case, headers: Readonly<Record<string, string>>): Promise<Got> {
  const { ingress, isStream, model = "pool" } = given;
  const core = coreOf(given);
  const more = ingress === "bedrock" ? { messages: [{ role: "user", content: [{ text: "Say hello." }] }] } : {};
  const body = question(ingress, { model, stream: isStream, more });
  const got = await core.ask({ protocol: ingress, body, headers });
  expect(core.bugs).toEqual([]);
  return got;
}

const ON = { "x-ringmain-notices": "on" };

/** Every notice in an answer, with where it stands. */
function noticesIn(
  ingress: Speaker,
  isStream: boolean,
  { bytes, headers }: Got,
): readonly (readonly [string, unknown])[] {
  const { carrier, payload } = PROTOCOLS[ingress];
  const { whole, streamed } = payload.noticePlaces;
  if (!isStream) {
    const told = atPath(parseJson(new TextDecoder().decode(bytes)), [...whole, "ringmain_notices"]);
    return told === undefined ? [] : [["whole", told]];
  }
  expect(headers["content-type"]).toStartWith(carrier.framing.contentType);
  const splitter = carrier.framing.createSplitter();
  const frames: Frame[] = [...splitter.push(bytes), ...splitter.end()];
  return frames.flatMap(({ event, data }, index) => {
    if (!data.startsWith("{")) return [];
    const json = parseJson(data);
    const told = atPath(json, [...streamed.path, "ringmain_notices"]);
    const type = at(json, "type") ?? event;
    return told === undefined ? [] : [[streamed.types === null ? String(index) : String(type), told] as const];
  });
}

const PLACES: Readonly<Record<Speaker, readonly string[]>> = {
  openai: ["0"],
  anthropic: ["message_start"],
  "bedrock-invoke": ["message_start"],
  vertex: ["message_start"],
  responses: ["response.created", "response.completed"],
  gemini: ["0"],
  cohere: ["message-start"],
  bedrock: ["messageStop"],
};

describe.each(SPEAKERS)("%s", (ingress) => {
  describe.each([
    ["relayed", ingress],
    ["translated", ingress === "openai" ? "anthropic" : "openai"],
  ] as const)("%s", (_how, lane) => {
    test.each([false, true])("stream %p", async (isStream) => {
      const places = isStream ? PLACES[ingress] : ["whole"];
      const given = { ingress, lane, isStream };
      const plain = await ask(given, {});
      const told = await ask(given, ON);
      expect(told.status).toBe(200);
      expect(noticesIn(ingress, isStream, told)).toEqual(places.map((place) => [place, [SWITCH]]));
      expect(plain.headers).toEqual(told.headers);
      expect(noticesIn(ingress, isStream, plain)).toEqual([]);
      const named = await ask({ ...given, model: "Nick" }, ON);
      expect(noticesIn(ingress, isStream, named)).toEqual(places.map((place) => [place, [SWITCH, ALIAS]]));
    });
  });

  test.each([false, true])("where nothing switched no byte is another, stream %p", async (isStream) => {
    const given = { ingress, lane: ingress, isStream, isBroken: false };
    const [plain, told] = [await ask(given, {}), await ask(given, ON)];
    expect(told.text).toBe(plain.text);
  });
});

/** All but the member: the text around it is the same. */
test.each(SPEAKERS.filter((each) => each !== "bedrock" && each !== "bedrock-invoke"))(
  "%s: only a member comes in",
  async (ingress) => {
    for (const isStream of [false, true]) {
      const given = { ingress, lane: ingress, isStream };
      const [plain, told] = [await ask(given, {}), await ask(given, ON)];
      const member = `"ringmain_notices":${JSON.stringify([SWITCH])}`;
      const inner = ingress === "gemini" ? `"promptFeedback":{${member}}` : member;
      expect(told.text).toContain(`,${inner}`);
      expect(told.text.replaceAll(`,${inner}`, "")).toBe(plain.text);
    }
  },
);

test("a stream as a JSON array stays one", async () => {
  const core = coreOf({ ingress: "gemini", lane: "gemini", isStream: true });
  const body = question("gemini", { model: "pool", stream: true });
  const got = await core.ask({ protocol: "gemini", body, headers: ON, query: "" });
  expect(at(parseJson(got.text), 0, "promptFeedback", "ringmain_notices")).toEqual([SWITCH]);
  expect(at(parseJson(got.text), 1, "promptFeedback")).toBeUndefined();
});

test.each<readonly [Deployment["responseHeaders"], readonly object[] | undefined]>([
  ["full", [SWITCH, ALIAS]],
  ["minimal", [ALIAS]],
  ["off", undefined],
])("response_headers: %s hides lanes here too", async (style, expected) => {
  const got = await ask({ ingress: "openai", lane: "openai", isStream: false, model: "Nick", style }, ON);
  expect(at(parseJson(got.text), "ringmain_notices")).toEqual(expected);
});

test.each([
  ["off", 200],
  [" ON ", 200],
  ["", 400],
  ["yes", 400],
])("the header may be on or off: %p", async (word, status) => {
  const got = await ask({ ingress: "openai", lane: "openai", isStream: false }, { "x-ringmain-notices": word });
  expect(got.status).toBe(status);
});

test("a stream that is opened before its lane fails tells of the switch in its own bytes", async () => {
  const lanes = ["a/1/m", "b/1/m"].map((id) => laneOf(id, "anthropic"));
  const pool = poolOf("pool", lanes, { select: "ordered", failover: { deadlineMs: 600_000 } });
  const deployment = { ...deploymentOf({ lanes, targets: [pool] }), streamOpenAfterMs: 15_000 };
  const core = createCore({ deployment, answer: byProvider({ a: answerNever, b: answering(wordsOf("anthropic")) }) });
  const body = question("anthropic", { stream: true });
  const answer = await core.until(core.start({ protocol: "anthropic", body, headers: ON }).answer);
  expect([answer.headers["x-ringmain-opened"], answer.headers["x-ringmain-switch"]]).toEqual(["true", undefined]);
  const got = await core.until(core.read(answer), 600_000);
  const [record] = core.records;
  expect(record?.switch).toMatchObject({ from: "a/1/m", to: "b/1/m" });
  expect(record?.openedMs).toBe(15_000);
  expect(noticesIn("anthropic", true, got)).toEqual([["message_start", [{ kind: "switch", ...record?.switch }]]]);
});
