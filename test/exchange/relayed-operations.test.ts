// What is only relayed: completions, moderations, pictures and sound, in JSON, forms, event streams and bytes nobody reads.
import { describe, expect, test } from "bun:test";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { type BodyStep, bodyText, byProvider, json, stream } from "../harness/scripted-answers.ts";
import type { Answer, FetchCall } from "../harness/virtual-effects.ts";

const A = laneOf("first/a/one", "openai", { prices: PRICES });
const B = laneOf("second/a/two", "openai", { prices: PRICES });
const FOREIGN = laneOf("third/a/three", "anthropic");

function coreOf(answer: Answer, lanes = [A, B], over: Partial<Parameters<typeof createCore>[0]> = {}) {
  return createCore({ deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }), answer, ...over });
}

const bytesSent = (call: FetchCall | undefined): Uint8Array => {
  const body = call?.init.body;
  return body instanceof Uint8Array ? body : encodeUtf8(String(body));
};

const ask = (path: string, body: Ask["body"], more: Partial<Ask> = {}): Ask => {
  const operation = path.endsWith("/completions")
    ? "complete"
    : path.includes("/images/")
      ? "image"
      : path.includes("/audio/")
        ? "audio"
        : "moderate";
  return { protocol: "openai", operation, path, body, ...more };
};

// ---------------------------------------------------------------- JSON

const WHOLE: readonly { path: string; body: string; answer: string; usage: object | null }[] = [
  {
    path: "/v1/completions",
    body: '{"prompt":"Say  hi","model":"pool"}',
    answer:
      '{"id":"c","object":"text_completion","model":"m","choices":[{"text":"hi","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}}',
    usage: { freshInputTokens: 2, outputTokens: 1 },
  },
  {
    path: "/v1/moderations",
    body: '{"input":["a", "b"],"model":"pool"}',
    answer: '{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}',
    usage: null,
  },
  {
    path: "/v1/images/generations",
    body: '{"model":"pool","prompt":"a cat"}',
    answer:
      '{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":9,"output_tokens":1056,"total_tokens":1065,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}}',
    usage: { freshInputTokens: 9, outputTokens: 1056 },
  },
];

for (const { path, body, answer, usage } of WHOLE) {
  test(`${path}: the client's bytes but for the model, the vendor's bytes, and their usage`, async () => {
    const core = coreOf(json(200, answer));
    const got = await core.ask(ask(path, body));
    const [call] = core.effects.calls;
    expect(call?.url).toBe(`https://first.invalid${path}`);
    expect(bodyText(call as FetchCall)).toBe(body.replace('"pool"', '"upstream-one"'));
    expect([got.status, got.text, got.headers["content-type"]]).toEqual([200, answer, "application/json"]);
    const [record] = core.records;
    expect(record).toMatchObject({ outcome: "answered", answer: { usageEstimated: usage === null } });
    if (usage !== null) expect(record?.answer.usage).toMatchObject(usage);
  });

  test.each([
    ["a 500", json(500, "{}")],
    ["an error inside a 200", json(200, '{"error":{"message":"overloaded","code":503}}')],
    ["an answer that is none", json(200, "{}")],
    ["a page", json(200, "<html>", { "content-type": "text/html" })],
    ["nothing", json(200, "", { "content-type": "application/octet-stream" })],
  ])(`${path} fails over from %s`, async (_name, first) => {
    const core = coreOf(byProvider({ first, second: json(200, answer) }));
    const got = await core.ask(ask(path, body));
    expect([got.status, got.text]).toEqual([200, answer]);
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual([A.id, B.id]);
  });
}

test("a lane of another protocol is left out", async () => {
  const core = coreOf(json(200, '{"results":[]}'), [FOREIGN, A]);
  const got = await core.ask(ask("/v1/moderations", { model: "pool", input: "x" }));
  expect(got.headers["x-ringmain-lane"]).toBe(A.id);
  expect(core.records[0]?.attempts).toHaveLength(1);
});

test("what a model is known not to make or to hear leaves it out", async () => {
  const talks = laneOf("first/a/one", "openai", { capabilities: { input: ["text"], output: ["text"] } });
  const core = coreOf(json(200, '{"data":[{}],"text":"x"}'), [talks, B]);
  for (const path of ["/v1/images/generations", "/v1/audio/speech", "/v1/audio/transcriptions"]) {
    expect((await core.ask(ask(path, { model: "pool" }))).headers["x-ringmain-lane"]).toBe(B.id);
  }
});

// ---------------------------------------------------------------- targets

describe("a request that names no model", () => {
  const named = (model: string) => [laneOf(`first/a/${model}`, "openai")];

  test.each([
    ["/v1/moderations", "omni-moderation-latest", '{"results":[]}'],
    ["/v1/images/generations", "dall-e-2", '{"data":[{}]}'],
  ])("%s goes to the model its vendor would take, where there is one", async (path, model, answer) => {
    const core = coreOf(json(200, answer), named(model));
    const got = await core.ask(ask(path, '{"input":"x"}'));
    expect(got.status).toBe(200);
    expect(core.effects.calls.map(bodyText)).toEqual([`{"input":"x","model":"upstream-${model}"}`]);
  });

  test.each(["/v1/moderations", "/v1/images/generations"])(
    "%s is told what to do where there is none",
    async (path) => {
      const core = coreOf(json(200, "{}"));
      const got = await core.ask(ask(path, { input: "x" }));
      expect(got.status).toBe(400);
      expect(JSON.parse(got.text).error.message).toMatch(
        /names no model.*"(omni-moderation-latest|dall-e-2)".*Send "model"/,
      );
    },
  );

  test.each(["/v1/completions", "/v1/audio/speech"])("%s is refused", async (path) => {
    const got = await coreOf(json(200, "{}")).ask(ask(path, { input: "x" }));
    expect(got.status).toBe(400);
  });
});

test.each([
  [
    "/openai/deployments/:target/completions",
    { target: "pool" },
    '{"prompt":"x"}',
    '{"prompt":"x","model":"upstream-one"}',
  ],
  ["/openai/v1/completions", {}, '{"prompt":"x","model":"pool"}', '{"prompt":"x","model":"upstream-one"}'],
])("Azure's spelling of a path: %s", async (path, params, body, sent) => {
  const core = coreOf(json(200, WHOLE[0]?.answer ?? ""));
  const got = await core.ask(ask(path, body, { params }));
  expect(got.status).toBe(200);
  expect(core.effects.calls.map((call) => [call.url, bodyText(call)])).toEqual([
    ["https://first.invalid/v1/completions", sent],
  ]);
});

test("a provider's own path leads to its neighbours", async () => {
  const path = "/openai/deployments/{model}/chat/completions?api-version=1";
  const deployment = deploymentOf({ lanes: [{ ...A, doors: [doorOf("openai", { path })] }] });
  const core = createCore({ deployment, answer: json(200, '{"data":[{}]}') });
  await core.ask(ask("/v1/images/generations", { model: "one" }));
  expect(core.effects.calls.map((call) => call.url)).toEqual([
    "https://first.invalid/openai/deployments/upstream-one/images/generations?api-version=1",
  ]);
});

// ---------------------------------------------------------------- forms

const BOUNDARY = "----form-b0undary";
const FORM = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };

function form(parts: readonly (readonly [name: string, value: string | Uint8Array, file?: string])[]): Uint8Array {
  const pieces = parts.flatMap(([name, value, file]) => [
    encodeUtf8(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? "" : `; filename="${file}"\r\nContent-Type: audio/wav`}\r\n\r\n`,
    ),
    typeof value === "string" ? encodeUtf8(value) : value,
    encodeUtf8("\r\n"),
  ]);
  return concatBytes([...pieces, encodeUtf8(`--${BOUNDARY}--\r\n`)]);
}

const SOUND = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 31) % 256);

describe("forms", () => {
  const transcribe = (parts: Parameters<typeof form>[0], headers = FORM): Ask =>
    ask("/v1/audio/transcriptions", form(parts), { headers });

  test("only the model's value changes, and the answer is the vendor's", async () => {
    const answer =
      '{"text":"hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":4,"total_tokens":18,"input_token_details":{"text_tokens":0,"audio_tokens":14}}}';
    const core = coreOf(json(200, answer));
    const got = await core.ask(
      transcribe([
        ["file", SOUND, "a.wav"],
        ["model", "pool"],
        ["language", "en"],
      ]),
    );
    const [call] = core.effects.calls;
    expect([...bytesSent(call)]).toEqual([
      ...form([
        ["file", SOUND, "a.wav"],
        ["model", "upstream-one"],
        ["language", "en"],
      ]),
    ]);
    expect(call?.init.headers["content-type"]).toBe(FORM["content-type"]);
    expect([got.status, got.text]).toEqual([200, answer]);
    expect(core.records[0]?.answer.usage).toMatchObject({
      freshInputTokens: 14,
      audioInputTokens: 14,
      outputTokens: 4,
    });
  });

  test("each lane gets its own model's name", async () => {
    const core = coreOf(byProvider({ first: json(500, "{}"), second: json(200, '{"text":""}') }));
    await core.ask(
      transcribe([
        ["model", "pool"],
        ["file", SOUND, "a.wav"],
      ]),
    );
    expect(core.effects.calls.map((call) => [...bytesSent(call)])).toEqual(
      ["upstream-one", "upstream-two"].map((model) => [
        ...form([
          ["model", model],
          ["file", SOUND, "a.wav"],
        ]),
      ]),
    );
  });

  test("a model left out is put in", async () => {
    const core = coreOf(json(200, '{"data":[{}]}'), [laneOf("first/a/dall-e-2", "openai")]);
    const got = await core.ask(ask("/v1/images/variations", form([["image", SOUND, "a.png"]]), { headers: FORM }));
    expect(got.status).toBe(200);
    expect([...bytesSent(core.effects.calls[0])]).toEqual([
      ...form([
        ["model", "upstream-dall-e-2"],
        ["image", SOUND, "a.png"],
      ]),
    ]);
  });

  test("sound is no prompt: the size of a file is not estimated as tokens", async () => {
    const tight = laneOf("first/a/one", "openai", { capabilities: { contextWindow: 1_000 } });
    const core = coreOf(json(200, '{"text":"x"}'), [tight]);
    const got = await core.ask(
      transcribe([
        ["model", "pool"],
        ["file", new Uint8Array(100_000), "a.wav"],
      ]),
    );
    expect(got.status).toBe(200);
  });

  test.each<[string, Ask, number]>([
    ["no model", transcribe([["file", SOUND, "a.wav"]]), 400],
    [
      "two models",
      transcribe([
        ["model", "pool"],
        ["model", "other"],
      ]),
      400,
    ],
    ["a model as a file", transcribe([["model", "pool", "model.txt"]]), 400],
    ["a model of many bytes", transcribe([["model", "x".repeat(5_000)]]), 400],
    ["no boundary", transcribe([["model", "pool"]], { "content-type": "multipart/form-data" }), 400],
    [
      "another boundary",
      transcribe([["model", "pool"]], { "content-type": "multipart/form-data; boundary=other" }),
      400,
    ],
    ["a form where JSON is asked for", ask("/v1/moderations", form([["model", "pool"]]), { headers: FORM }), 415],
  ])("refused: %s", async (_name, asked, status) => {
    const core = coreOf(json(200, "{}"));
    expect((await core.ask(asked)).status).toBe(status);
    expect(core.effects.calls).toEqual([]);
  });
});

// ---------------------------------------------------------------- bytes and streams

const speech: Ask = ask("/v1/audio/speech", { model: "pool", input: "hi", voice: "alloy" });
const AUDIO = { headers: { "content-type": "audio/mpeg" } };
const bytes = (value: string | Uint8Array): BodyStep => ({ do: "bytes", bytes: value });

describe("bytes nobody reads", () => {
  test("sound passes byte for byte, whatever it holds", async () => {
    const core = coreOf(stream([bytes(SOUND.subarray(0, 7)), bytes(SOUND.subarray(7))], AUDIO));
    const got = await core.ask({ ...speech, headers: { accept: "application/octet-stream" } });
    expect([...got.bytes]).toEqual([...SOUND]);
    expect(got.headers["content-type"]).toBe("audio/mpeg");
    expect(core.effects.calls[0]?.init.headers["accept"]).toBe("application/octet-stream");
    expect(core.records[0]).toMatchObject({
      outcome: "answered",
      answer: { usage: null, usageEstimated: true },
      answerBytes: 5_000,
    });
    expect(core.inflight()).toBe(0);
  });

  test("subtitles are text and no page", async () => {
    const core = coreOf(stream([bytes("WEBVTT\n")], { headers: { "content-type": "text/vtt; charset=utf-8" } }));
    const got = await core.ask(ask("/v1/audio/transcriptions", form([["model", "pool"]]), { headers: FORM }));
    expect([got.text, got.headers["content-type"]]).toEqual(["WEBVTT\n", "text/vtt; charset=utf-8"]);
  });

  test.each<[string, Answer]>([
    ["nothing", stream([], AUDIO)],
    ["a break before the first byte", stream([{ do: "reset" }], AUDIO)],
  ])("fails over from %s", async (_name, first) => {
    const core = coreOf(byProvider({ first, second: stream([bytes("sound")], AUDIO) }));
    expect((await core.ask(speech)).text).toBe("sound");
    expect(core.records[0]?.attempts).toHaveLength(2);
  });

  test("a break in the middle is told by breaking the client's connection too", async () => {
    const core = coreOf(stream([bytes("half"), { do: "reset" }], AUDIO));
    const answer = await core.until(core.start(speech).answer);
    if (answer.body instanceof Uint8Array) throw new Error("this answer is a stream");
    expect(decodeUtf8((await answer.body.next()) ?? new Uint8Array())).toBe("half");
    expect([await answer.body.next(), answer.body.isCut]).toEqual([null, true]);
    expect(core.records[0]).toMatchObject({ outcome: "cut", failure: "network" });
  });
});

describe("event streams", () => {
  const event = (type: string, more: object = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
  const USAGE = { input_tokens: 5, output_tokens: 100, total_tokens: 105 };
  const PICTURES = [
    event("image_generation.partial_image", { b64_json: "x".repeat(9_000) }),
    event("image_generation.completed", { b64_json: "y".repeat(9_000), usage: USAGE }),
  ];

  test("pictures stream byte for byte, and the last event tells the usage", async () => {
    const core = coreOf(stream(PICTURES.map(bytes)));
    const got = await core.ask(ask("/v1/images/generations", { model: "pool", stream: true }));
    expect(got.text).toBe(PICTURES.join(""));
    expect(core.records[0]).toMatchObject({ outcome: "answered", stream: true, answer: { usageEstimated: false } });
    expect(core.records[0]?.answer.usage).toMatchObject({ freshInputTokens: 5, outputTokens: 100 });
  });

  test("speech streams although no member called stream asked for it", async () => {
    const frames = [event("speech.audio.delta", { audio: "aGk=" }), event("speech.audio.done", { usage: USAGE })];
    const core = coreOf(stream(frames.map(bytes)));
    expect((await core.ask({ ...speech, body: { model: "pool", stream_format: "sse" } })).text).toBe(frames.join(""));
    expect(core.records[0]?.answer.usage).toMatchObject({ outputTokens: 100 });
  });

  test("a transcript streams when the form asks for it", async () => {
    const frames = [event("transcript.text.delta", { delta: "hi" }), event("transcript.text.done", { text: "hi" })];
    const core = coreOf(stream(frames.map(bytes)));
    const asked = form([
      ["model", "pool"],
      ["stream", "true"],
    ]);
    expect((await core.ask(ask("/v1/audio/transcriptions", asked, { headers: FORM }))).text).toBe(frames.join(""));
    expect(core.records[0]?.stream).toBe(true);
  });

  test("an error before anything meaningful fails over; one after it is the vendor's own ending", async () => {
    const error = event("error", { error: { message: "overloaded", type: "server_error", code: "503" } });
    const core = coreOf(byProvider({ first: stream([bytes(error)]), second: stream(PICTURES.map(bytes)) }));
    const asked = ask("/v1/images/generations", { model: "pool", stream: true });
    expect((await core.ask(asked)).text).toBe(PICTURES.join(""));
    const late = coreOf(stream([bytes(PICTURES[0] ?? ""), bytes(error)]));
    expect((await late.ask(asked)).text).toBe(`${PICTURES[0]}${error}`);
    expect(late.records[0]).toMatchObject({ outcome: "cut" });
  });

  test("a stream that breaks off is told so in the client's dialect", async () => {
    const core = coreOf(stream([bytes(PICTURES[0] ?? ""), { do: "reset" }]));
    const got = await core.ask(ask("/v1/images/generations", { model: "pool", stream: true }));
    expect(got.text.startsWith(PICTURES[0] ?? "-")).toBe(true);
    expect(got.text).toContain('"error"');
    expect(core.records[0]).toMatchObject({ outcome: "cut", answer: { usageEstimated: true } });
  });

  test("a text completion streams like chat: usage is asked for behind the client's back and taken out again", async () => {
    const words = [
      '{"choices":[{"text":"hi","index":0,"finish_reason":null}]',
      '{"choices":[{"text":"","index":0,"finish_reason":"stop"}]',
    ];
    const usage = '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}';
    const frames = [
      ...words.map((text) => `data: ${text},"usage":null}\n\n`),
      `data: ${usage}\n\n`,
      "data: [DONE]\n\n",
    ];
    const core = coreOf(stream(frames.map(bytes)), [A], { metered: true });
    const got = await core.ask(ask("/v1/completions", '{"model":"pool","prompt":"x","stream":true}'));
    expect(got.text).toBe([...words.map((text) => `data: ${text}}\n\n`), "data: [DONE]\n\n"].join(""));
    expect(bodyText(core.effects.calls[0] as FetchCall)).toContain('"include_usage":true');
    expect(core.records[0]?.answer.usage).toMatchObject({ freshInputTokens: 1, outputTokens: 2 });
  });
});
