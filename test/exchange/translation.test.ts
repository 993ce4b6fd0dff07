// Translation as the client meets it: losses in the header and the record, strict and off, numbers kept, answers in dialect.
import { describe, expect, test } from "bun:test";
import type { TranslationMode } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, bodyText, byProvider } from "../harness/scripted-answers.ts";
import {
  ANTHROPIC_WORDS,
  OPENAI_WORDS,
  said,
  USAGE,
  VENDOR_WORDS,
  WEATHER_OSLO,
  WEATHER_PARIS,
  wordsOf,
} from "../harness/vendor-words.ts";

/** A member that no other protocol has, per ingress. */
const ONLY_OWN = {
  openai: { logit_bias: { "50256": -100 } },
  anthropic: { top_k: 5 },
  responses: { truncation: "auto" },
} as const;
/** What no other protocol can do without, per ingress, and its name there. */
const NEEDED = {
  openai: {
    member: "messages[0].content[1]",
    more: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Listen" },
            { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
          ],
        },
      ],
    },
  },
  anthropic: { member: "stop_sequences", more: { stop_sequences: ["1", "2", "3", "4", "5"] } },
  responses: { member: "tools[0]", more: { tools: [{ type: "web_search" }] } },
} as const;
const TOOLS_FINISH = { openai: "tool_calls", anthropic: "tool_use", responses: "completed" } as const;
const INGRESSES = ["openai", "anthropic", "responses"] as const;
const other = (protocol: string): string => (protocol === "openai" ? "anthropic" : "openai");

function coreOf(egresses: readonly string[], translation: TranslationMode = "lenient") {
  const lanes = egresses.map((egress, index) => laneOf(`p${index}/a/m${index}`, egress));
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { translation })] }),
    answer: byProvider(Object.fromEntries(egresses.map((egress, index) => [`p${index}`, answering(wordsOf(egress))]))),
  });
}

for (const ingress of INGRESSES) {
  describe(`a ${ingress} client`, () => {
    const lossy = question(ingress, { more: ONLY_OWN[ingress] });
    const [member = ""] = Object.keys(ONLY_OWN[ingress]);
    const { member: needed, more } = NEEDED[ingress];
    const lacking = question(ingress, { more });

    test("lenient: what cannot be carried is named in the header and the record", async () => {
      const core = coreOf([other(ingress)]);
      const got = await core.ask({ protocol: ingress, body: lossy });
      expect(got.status).toBe(200);
      expect(got.headers["x-ringmain-losses"]).toMatch(new RegExp(`^\\d+; [a-z ]+ \\d+ \\(.*${member} dropped`));
      const [record] = core.records;
      expect(record?.losses.map((loss) => loss.field)).toContain(member);
      expect(record?.lossCount).toBe(record?.losses.length ?? -1);
      expect(got.headers["x-ringmain-losses"]?.startsWith(`${record?.lossCount};`)).toBe(true);
    });

    test("lenient: nothing is lost between the same protocols, whatever is in the body", async () => {
      const core = coreOf([ingress]);
      const got = await core.ask({ protocol: ingress, body: lossy });
      expect(got.headers["x-ringmain-losses"]).toBeUndefined();
      expect(core.records[0]?.lossCount).toBe(0);
    });

    test("strict: a request that loses what it needs is a 400 that lists the losses, and nothing is sent", async () => {
      const core = coreOf([other(ingress)], "strict");
      const got = await core.ask({ protocol: ingress, body: lacking });
      expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "losses_refused"]);
      expect(see(ingress, got.text).error).toContain(needed);
      expect(JSON.stringify(JSON.parse(got.text).error.gateway)).toContain(needed);
      expect(core.effects.calls).toEqual([]);
      expect(core.inflight()).toBe(0);
      expect(core.changes).toEqual([]);
    });

    test("strict: a lane of the client's own protocol still serves it", async () => {
      const core = coreOf([other(ingress), ingress], "strict");
      const got = await core.ask({ protocol: ingress, body: lacking });
      expect(got.status).toBe(200);
      expect(core.effects.calls).toHaveLength(1);
      expect(core.records[0]?.attempts.at(-1)?.egress).toBe(ingress);
    });

    test("strict: an option that no other protocol has is left out and told", async () => {
      const got = await coreOf([other(ingress)], "strict").ask({ protocol: ingress, body: lossy });
      expect([got.status, got.headers["x-ringmain-losses"]?.includes(`${member} dropped`)]).toEqual([200, true]);
    });

    test("off: only lanes of the client's own protocol; without one 503", async () => {
      const core = coreOf([other(ingress), ingress], "off");
      const got = await core.ask({ protocol: ingress, body: question(ingress) });
      expect(got.status).toBe(200);
      expect(core.records[0]?.attempts.map((attempt) => attempt.egress)).toEqual([ingress]);

      const none = coreOf([other(ingress)], "off");
      const refused = await none.ask({ protocol: ingress, body: question(ingress) });
      expect([refused.status, refused.headers["x-ringmain-error"]]).toEqual([503, "missing_protocol"]);
      expect(none.effects.calls).toEqual([]);
    });

    test("the header may tighten the mode and never loosen it", async () => {
      const rows: readonly [TranslationMode, string, number][] = [
        ["lenient", "strict", 400],
        ["lenient", "off", 503],
        ["lenient", " STRICT ", 400],
        ["strict", "lenient", 400],
        ["off", "lenient", 503],
        ["off", "strict", 503],
      ];
      for (const [configured, header, status] of rows) {
        const core = coreOf([other(ingress)], configured);
        const got = await core.ask({ protocol: ingress, body: lacking, headers: { "x-ringmain-translation": header } });
        expect([configured, header, got.status]).toEqual([configured, header, status]);
      }
    });

    test("an answer is written in the client's shape, tools and usage included, whole and streamed", async () => {
      const words = wordsOf(other(ingress));
      for (const stream of [false, true]) {
        const lanes = [laneOf("p0/a/m0", words.protocol)];
        const core = createCore({
          deployment: deploymentOf({ lanes }),
          answer: answering(words, { pieces: ["Looking."], tools: [WEATHER_PARIS, WEATHER_OSLO] }),
        });
        const more = ingress === "openai" ? { stream_options: { include_usage: true } } : {};
        const got = await core.ask({
          protocol: ingress,
          body: question(ingress, { stream, more: stream ? more : {} }),
        });
        const seen = see(ingress, got.text);
        expect(seen.text).toBe("Looking.");
        expect(seen.tools.map(({ id, name, arguments: args }) => [id, name, JSON.parse(args)])).toEqual([
          ["call_paris_1", "get_weather", { city: "Paris", unit: "c" }],
          ["call_oslo_2", "get_weather", { city: "Oslo" }],
        ]);
        expect(seen.finish).toBe(TOOLS_FINISH[ingress]);
        expect(seen.usage).toEqual({ input: USAGE.fresh + USAGE.cacheRead, output: USAGE.output });
        expect(core.records[0]?.answer.usage?.outputTokens).toBe(USAGE.output);
        // The first event of a Messages stream must name prompt tokens nobody knows yet; the last one corrects them.
        const losses = core.records[0]?.losses.filter((loss) => loss.field !== "usage.input_tokens");
        expect(losses).toEqual([]);
      }
    });

    test("the model a client sees is the vendor's word, never its own alias", async () => {
      const core = coreOf([other(ingress)]);
      const got = await core.ask({ protocol: ingress, body: question(ingress) });
      expect(JSON.parse(got.text).model).toBe(said().model);
    });
  });
}

test("an OpenAI stream that did not ask for usage shows none, translated as well as relayed", async () => {
  const core = coreOf(["anthropic"]);
  const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
  expect(see("openai", got.text).usage).toBeNull();
  expect(core.records[0]?.answer.usage?.outputTokens).toBe(USAGE.output);
});

test("numbers keep their digits through translation, in arguments and schemas", async () => {
  const digits = "12345678901234567890";
  const schema = `{"type":"object","properties":{"id":{"type":"integer","maximum":${digits}}}}`;
  const fromOpenAi = `{"model":"pool","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\\"id\\":${digits}}"}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"}],"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`;
  const toAnthropic = coreOf(["anthropic"]);
  await toAnthropic.ask({ protocol: "openai", body: fromOpenAi });
  const [first] = toAnthropic.effects.calls;
  if (first === undefined) throw new Error("nothing was sent");
  expect(bodyText(first)).toContain(`"input":{"id":${digits}}`);
  expect(bodyText(first)).toContain(`"maximum":${digits}`);

  const fromAnthropic = `{"model":"pool","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{"id":${digits}}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}]}],"tools":[{"name":"f","input_schema":${schema}}]}`;
  const toOpenAi = coreOf(["openai"]);
  await toOpenAi.ask({ protocol: "anthropic", body: fromAnthropic });
  const [second] = toOpenAi.effects.calls;
  if (second === undefined) throw new Error("nothing was sent");
  expect(bodyText(second)).toContain(`{\\"id\\":${digits}}`);
  expect(bodyText(second)).toContain(`"maximum":${digits}`);

  const answered = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p0/a/m0", "anthropic")] }),
    answer: answering(ANTHROPIC_WORDS, {
      pieces: [],
      tools: [{ id: "toolu_1", name: "f", arguments: `{"id":${digits}}` }],
    }),
  });
  const got = await answered.ask({ protocol: "openai", body: question("openai") });
  expect(see("openai", got.text).tools.map((tool) => tool.arguments)).toEqual([`{"id":${digits}}`]);
});

test("a reported model that is another one is refused before the commit where identity is strict", async () => {
  for (const words of VENDOR_WORDS.filter(({ namesModel }) => namesModel !== false)) {
    for (const stream of [false, true]) {
      const lanes = [
        laneOf("p0/a/m0", words.protocol, { upstreamModel: "asked-model" }),
        laneOf("p1/a/m1", words.protocol, { upstreamModel: "asked-model" }),
      ];
      const answers = {
        p0: answering(words, { model: "cheaper-model" }),
        p1: answering(words, { model: "asked-model-2026-01-01" }),
      };
      const strict = createCore({
        deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { identity: "strict" })] }),
        answer: byProvider(answers),
      });
      const got = await strict.ask({ protocol: words.protocol, body: question(words.protocol, { stream }) });
      expect(got.status).toBe(200);
      expect(
        strict.records[0]?.attempts.map(({ outcome, reportedModel }) => [outcome.toString(), reportedModel]),
      ).toEqual([
        ["wrong-model", "cheaper-model"],
        ["answered", "asked-model-2026-01-01"],
      ]);
      const relaxed = createCore({ deployment: deploymentOf({ lanes }), answer: byProvider(answers) });
      await relaxed.ask({ protocol: words.protocol, body: question(words.protocol, { stream }) });
      expect(relaxed.records[0]?.attempts.map(({ reportedModel }) => reportedModel)).toEqual(["cheaper-model"]);
    }
  }
});

test("a request that the client's own reader cannot understand is its 400 when it must be translated", async () => {
  const core = coreOf(["anthropic"]);
  const got = await core.ask({
    protocol: "openai",
    body: { model: "pool", messages: [{ role: "nobody", content: 5 }] },
  });
  expect(got.status).toBe(400);
  expect(see("openai", got.text).error).not.toBeNull();
  expect(core.records).toHaveLength(1);
  expect(core.changes).toEqual([]);
});

test("losses found only while a stream runs are in the record", async () => {
  const frames = ANTHROPIC_WORDS.frames(said());
  const odd = 'event: brand_new\ndata: {"type":"brand_new","x":1}\n\n';
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p0/a/m0", "anthropic")] }),
    answer: () =>
      new Response([...frames.slice(0, 4), odd, ...frames.slice(4)].join(""), {
        headers: { "content-type": "text/event-stream" },
      }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
  expect(see("openai", got.text)).toMatchObject({ text: "Hello, wörld.", error: null });
  expect(core.records[0]?.lossCount).toBeGreaterThan(0);
});

test("a named model's words stay exact: OpenAI's answer text with surrogate pairs and controls survives", async () => {
  const pieces = ["\ud83d", '\ude00 \u0000\u2028"\\', "\n\n data: {}\r\n\r\nevent: x"];
  for (const words of [OPENAI_WORDS, ANTHROPIC_WORDS]) {
    for (const ingress of INGRESSES) {
      const core = createCore({
        deployment: deploymentOf({ lanes: [laneOf("p0/a/m0", words.protocol)] }),
        answer: answering(words, { pieces }),
      });
      const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
      expect(see(ingress, got.text)).toMatchObject({ text: pieces.join(""), broken: 0, error: null });
    }
  }
});
