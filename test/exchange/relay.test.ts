// Same protocol: the client's bytes but for the model's value, the vendor's bytes as they are.
import { describe, expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf, providerOf } from "../harness/deployments.ts";
import {
  answering,
  type BodyStep,
  bodyText,
  byProvider,
  json,
  refusing,
  stream,
  streamed,
  whole,
} from "../harness/scripted-answers.ts";
import {
  ANTHROPIC_WORDS,
  BODY_WORDS,
  OPENAI_WORDS,
  said,
  USAGE,
  VENDOR_WORDS,
  type VendorWords,
  wordsOf,
} from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

function single(words: VendorWords, answer: Answer, over: { readonly metered?: boolean } = {}) {
  const lanes = [laneOf("first/a/one", words.protocol, { upstreamModel: "vendor/model-\u00fc-1", prices: PRICES })];
  return createCore({ deployment: deploymentOf({ lanes }), answer, ...over });
}

const sent = (core: ReturnType<typeof single>, index = 0): string => {
  const call = core.effects.calls[index];
  if (call === undefined) throw new Error(`nothing was sent ${index + 1} times`);
  return bodyText(call);
};

/** Every body asks for `pool`; what arrives upstream must be the same text with only that value replaced. */
const BODIES: readonly { readonly name: string; readonly body: string }[] = [
  { name: "as a client writes it", body: '{"model":"pool","messages":[{"role":"user","content":"hi"}]}' },
  {
    name: "odd white space and key order",
    body: '\n{\t"messages" : [ { "content":"hi" , "role":"user"} ] ,\r\n "model"  :  "pool"   , "temperature":1.0 }\n\n',
  },
  {
    name: "numbers no double can hold",
    body: '{"seed":9007199254740993,"model":"pool","x":[1.0,-0,1e2,0.1000,123456789012345678901234567890],"messages":[]}',
  },
  {
    name: "escapes and lone surrogates",
    body: '{"model":"pool","messages":[{"role":"user","content":"\\ud800 \\u2028 \\u0000 \\/ \\"model\\":\\"no\\" \ud83d\ude00"}]}',
  },
  {
    name: "the model's name inside other values",
    body: '{"messages":[{"role":"user","content":"{\\"model\\":\\"pool\\"}"}],"metadata":{"model":"pool"},"model":"pool"}',
  },
  { name: "an escaped value", body: '{"model":"\\u0070ool","messages":[]}' },
  {
    name: "a prototype's name as member",
    body: '{"__proto__":{"admin":true},"constructor":1,"model":"pool","messages":[]}',
  },
  { name: "unknown members, twice", body: '{"model":"pool","vendor_thing":1,"vendor_thing":2,"messages":[]}' },
  { name: "the model last", body: '{"messages":[],"model":"pool"}' },
];

// Protocols whose bodies name the model: in the others the path does, and the body's own member is taken out.
for (const words of BODY_WORDS) {
  describe(words.protocol, () => {
    for (const { name, body } of BODIES) {
      test(`request bytes survive: ${name}`, async () => {
        const core = single(words, answering(words));
        const got = await core.ask({ protocol: words.protocol, body });
        expect(got.status).toBe(200);
        const at = body.lastIndexOf(body.includes("\\u0070ool") ? '"\\u0070ool"' : '"pool"');
        const value = body.includes("\\u0070ool") ? '"\\u0070ool"' : '"pool"';
        expect(sent(core)).toBe(
          `${body.slice(0, at)}"vendor/model-ü-1"${body.slice(at + value.length)}`.replace(
            /^\ufeff/,
            sent(core).startsWith("\ufeff") ? "\ufeff" : "",
          ),
        );
      });
    }

    test("a name that is the upstream's already leaves every byte alone", async () => {
      const lanes = [laneOf("first/a/one", words.protocol, { upstreamModel: "one" })];
      const core = createCore({ deployment: deploymentOf({ lanes }), answer: answering(words) });
      const body = '{ "model":"one",  "messages":[] }';
      await core.ask({ protocol: words.protocol, body });
      expect(bodyText(core.effects.calls[0] ?? never())).toBe(body);
    });

    test("a failover starts from the client's own bytes again", async () => {
      const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
      const core = createCore({
        deployment: deploymentOf({ lanes }),
        answer: byProvider({ first: refusing(words, "overloaded"), second: answering(words) }),
      });
      const body = '{"model":"pool",  "messages":[]}';
      await core.ask({ protocol: words.protocol, body });
      expect(core.effects.calls.map(bodyText)).toEqual([
        '{"model":"upstream-one",  "messages":[]}',
        '{"model":"upstream-two",  "messages":[]}',
      ]);
    });
  });
}

for (const words of VENDOR_WORDS) {
  describe(words.protocol, () => {
    test("a whole answer is the vendor's bytes, undecorated", async () => {
      const bytes = `  ${words.body(said())}\n`;
      const core = single(words, json(200, bytes));
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.text).toBe(bytes);
    });

    test("a stream is the vendor's bytes, comments and line ends included, however it was cut", async () => {
      const frames = words.frames(said());
      const text = [
        ": hello\r\n\r\n",
        frames[0]?.replaceAll("\n", "\r\n"),
        ": ping\n\n",
        ...frames.slice(1),
        ": bye\n\n",
      ].join("");
      const bytes = encodeUtf8(text);
      for (const size of [1, 7, 64, 100_000]) {
        const steps: BodyStep[] = [];
        for (let at = 0; at < bytes.length; at += size) steps.push({ do: "bytes", bytes: bytes.slice(at, at + size) });
        const core = single(words, stream(steps));
        const got = await core.ask({ protocol: words.protocol, body: question(words.protocol, { stream: true }) });
        expect(got.text).toBe(text);
        expect(core.records[0]?.outcome).toBe("answered");
        expect(core.records[0]?.answer.usage?.outputTokens).toBe(USAGE.output);
      }
    });

    test("an error is the vendor's bytes, status and content type", async () => {
      const core = single(
        words,
        refusing(words, "rejected", { "content-type": "application/json; charset=utf-8", "x-secret-of-vendor": "1" }),
      );
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.text).toBe(words.error("rejected").body);
      expect(got.headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(got.headers["x-secret-of-vendor"]).toBeUndefined();
    });

    test("a credential's refusal is never the vendor's body", async () => {
      const core = single(words, refusing(words, "credential"));
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.status).toBe(401);
      expect(got.text).not.toContain("test-key");
      expect(got.text).not.toContain("x-api-key");
    });

    test("an answer past 8 MiB is relayed to its last byte", async () => {
      const bytes = words.body(said({ pieces: ["x".repeat(9 * 1024 * 1024)] }));
      const core = single(words, json(200, bytes));
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.bytes.length).toBe(encodeUtf8(bytes).length);
      expect(core.records.map((record) => record.outcome)).toEqual(["answered"]);
      expect(core.records[0]?.answer).toMatchObject({ usage: { outputTokens: USAGE.output }, usageEstimated: false });
      expect(core.inflight()).toBe(0);
    });

    test("of an answer past 8 MiB that tells no usage, the text is estimated and its media are not", async () => {
      const prose = "word ".repeat(2 * 1024 * 1024);
      const bytes = JSON.stringify({
        ...JSON.parse(words.body(said({ pieces: [prose] }))),
        usage: null,
        usageMetadata: null,
      });
      const core = single(words, json(200, bytes));
      await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      const { usage, usageEstimated } = core.records[0]?.answer ?? {};
      expect([usageEstimated, Math.round((usage?.outputTokens ?? 0) / 100_000)]).toEqual([true, 30]);

      const media = JSON.stringify({
        ...JSON.parse(words.body(said({ pieces: ["x".repeat(9_000_000)] }))),
        usage: null,
      });
      const other = single(words, json(200, media));
      await other.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(other.records[0]?.answer.usage?.outputTokens).toBeLessThan(1_000);
    });

    test.each([
      ["a page", `<html>${"x".repeat(9_000_000)}</html>`],
      ["a list", `[${"1,".repeat(4_500_000)}1]`],
      ["text in front of an object", `x{"a":"${"x".repeat(9_000_000)}"}`],
      [
        "an error with a long tail",
        `{"error":{"type":"overloaded_error","message":"busy"},"pad":"${"x".repeat(9_000_000)}"}`,
      ],
    ])("%s past 8 MiB is no answer, and another lane is asked", async (_what, bytes) => {
      const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
      const good = words.body(said());
      const core = createCore({
        deployment: deploymentOf({ lanes }),
        answer: byProvider({ first: json(200, bytes), second: json(200, good) }),
      });
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect([got.status, got.text]).toEqual([200, good]);
      expect(core.inflight()).toBe(0);
    });

    test.each([
      ["that holds nothing of the vendor's", (body: string) => `{"pad":"${"x".repeat(body.length)}"}`],
      ["whose end is missing", (body: string) => body.slice(0, -1)],
      ["that is followed by more", (body: string) => `${body}{}`],
      [
        "that ends in an error",
        (body: string) => `${body.slice(0, -1)},"error":{"type":"api_error","message":"broke"}}`,
      ],
    ])("an answer past 8 MiB %s is passed on and not booked as answered", async (_what, broken) => {
      const bytes = broken(words.body(said({ pieces: ["x".repeat(9 * 1024 * 1024)] })));
      const core = single(words, json(200, bytes));
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.bytes.length).toBe(bytes.length);
      expect(core.records.map((record) => record.outcome)).toEqual(["cut"]);
    });

    test("an answer past 8 MiB that breaks ends short, and is booked as cut", async () => {
      const bytes = encodeUtf8(words.body(said({ pieces: ["x".repeat(9 * 1024 * 1024)] })));
      const answer = stream([{ do: "bytes", bytes: bytes.slice(0, bytes.length - 100) }, { do: "reset" }], {
        headers: { "content-type": "application/json" },
      });
      const core = single(words, answer);
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect(got.bytes.length).toBe(bytes.length - 100);
      expect(core.records.map((record) => record.outcome)).toEqual(["cut"]);
    });
  });
}

const DUPLICATES: readonly { readonly protocol: string; readonly body: string }[] = [
  { protocol: "openai", body: '{"model":"pool","model":"other","messages":[]}' },
  { protocol: "openai", body: '{"model":"pool","mod\\u0065l":"other","messages":[]}' },
  { protocol: "openai", body: '{"model":"pool","stream":false,"messages":[],"\\u0073tream":true}' },
  { protocol: "openai", body: '{"model":"pool","max_tokens":1,"messages":[],"max_tokens":100000}' },
  { protocol: "openai", body: '{"model":"pool","messages":[],"messages":[]}' },
  { protocol: "anthropic", body: '{"model":"pool","model":"pool","max_tokens":5,"messages":[]}' },
  { protocol: "anthropic", body: '{"model":"pool","max_tokens":5,"messages":[],"max_tok\\u0065ns":7}' },
  { protocol: "anthropic", body: '{"model":"pool","max_tokens":5,"messages":[],"stream":true,"stream":false}' },
  {
    protocol: "anthropic",
    body: '{"model":"pool","max_tokens":5,"messages":[],"messages":[{"role":"user","content":"x"}]}',
  },
];

for (const { protocol, body } of DUPLICATES) {
  test(`a decided member sent twice is refused: ${body}`, async () => {
    const core = single(wordsOf(protocol), answering(wordsOf(protocol)));
    const got = await core.ask({ protocol, body });
    expect(got.status).toBe(400);
    expect(see(protocol, got.text).error).toContain("more than once");
    expect(core.effects.calls).toEqual([]);
  });
}

// ---------------------------------------------------------------- hidden usage

test("exact metering asks for usage and hides it: the client's stream is as if nobody had asked", async () => {
  for (const body of [
    '{"model":"pool","stream":true,"messages":[]}',
    '{"stream_options":{"include_obfuscation":false},"model":"pool","stream":true,"messages":[]}',
    '{"model":"pool","stream":true,"stream_options":null,"messages":[]}',
  ]) {
    const core = single(OPENAI_WORDS, answering(OPENAI_WORDS), { metered: true });
    const got = await core.ask({ protocol: "openai", body });
    expect(JSON.parse(sent(core)).stream_options.include_usage).toBe(true);
    expect(got.text).toBe(OPENAI_WORDS.frames(said(), { usage: false }).join(""));
    expect(core.records[0]?.answer.usage?.outputTokens).toBe(USAGE.output);
    expect(core.records[0]?.answer.usageEstimated).toBe(false);
  }
});

test("a client that asked for usage gets every byte, and a request that is not metered is left alone", async () => {
  const asked = '{"model":"pool","stream":true,"stream_options":{"include_usage":true},"messages":[]}';
  const core = single(OPENAI_WORDS, answering(OPENAI_WORDS), { metered: true });
  expect((await core.ask({ protocol: "openai", body: asked })).text).toBe(
    OPENAI_WORDS.frames(said(), { usage: true }).join(""),
  );
  expect(sent(core)).toBe(asked.replace('"pool"', '"vendor/model-ü-1"'));

  const unmetered = single(OPENAI_WORDS, answering(OPENAI_WORDS));
  const got = await unmetered.ask({ protocol: "openai", body: '{"model":"pool","stream":true,"messages":[]}' });
  expect(sent(unmetered)).toBe('{"model":"vendor/model-ü-1","stream":true,"messages":[]}');
  expect(got.text).toBe(OPENAI_WORDS.frames(said(), { usage: false }).join(""));
  // Counted by what was seen, and said to be.
  const [record] = unmetered.records;
  expect([record?.answer.usageEstimated, (record?.answer.usage?.outputTokens ?? 0) > 0]).toEqual([true, true]);
});

// ---------------------------------------------------------------- headers and addresses

test("a header that a provider pins wins over the client's and the protocol's own", async () => {
  const lanes = [laneOf("first/a/one", "anthropic")];
  const pinned = providerOf("first", { headers: { "anthropic-version": "2024-09-09" } });
  for (const headers of [{}, { "anthropic-version": "2024-01-01" }]) {
    const core = createCore({
      deployment: deploymentOf({ lanes, providers: [pinned] }),
      answer: answering(ANTHROPIC_WORDS),
    });
    for (const protocol of ["anthropic", "openai"]) await core.ask({ protocol, body: question(protocol), headers });
    expect(core.effects.calls.map(({ init }) => new Headers(init.headers).get("anthropic-version"))).toEqual([
      "2024-09-09",
      "2024-09-09",
    ]);
  }
});

test("headers pass by the allow-list of the protocol, the operator's additions and traces; nothing else ever does", async () => {
  const lanes = [laneOf("first/a/one", "anthropic")];
  const provider = providerOf("first", {
    headers: { "x-static": "from-config" },
    forwardHeaders: ["x-team", "x-lab-*"],
  });
  const client = {
    "anthropic-version": "2024-01-01",
    "anthropic-beta": "one,two",
    "x-stainless-lang": "js",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "x-team": "blue",
    "x-lab-1": "yes",
    "user-agent": "SomeClient/1.0",
    authorization: "Bearer client-secret-canary",
    "x-api-key": "client-secret-canary",
    "proxy-authorization": "client-secret-canary",
    cookie: "session=client-secret-canary",
    "x-forwarded-for": "10.1.2.3",
    "x-ringmain-translation": "lenient",
    "x-litellm-tags": "x",
    "accept-encoding": "gzip",
    connection: "keep-alive, anthropic-beta",
    host: "gateway.invalid",
    "content-length": "1",
    "openai-organization": "org-1",
    "anthropic-organization-id": "org-2",
  };
  const core = createCore({
    deployment: deploymentOf({ lanes, providers: [provider] }),
    answer: answering(ANTHROPIC_WORDS),
  });
  await core.ask({ protocol: "anthropic", body: question("anthropic"), headers: client });
  const [call] = core.effects.calls;
  expect(call?.url).toBe("https://first.invalid/v1/messages");
  expect(call?.init.redirect).toBe("manual");
  expect(call?.init.proxy).toBe(false);
  // `anthropic-beta` was named by `connection`, so the client itself declared it hop-by-hop.
  expect(call?.init.headers).toEqual({
    "anthropic-version": "2024-01-01",
    "x-stainless-lang": "js",
    traceparent: client.traceparent,
    "x-team": "blue",
    "x-lab-1": "yes",
    "x-static": "from-config",
    "content-type": "application/json",
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "ringmain/test",
    "x-api-key": "key-of-first-a",
  });
});

test("a lane of another protocol gets none of the client's vendor headers", async () => {
  const core = single(OPENAI_WORDS, answering(OPENAI_WORDS));
  await core.ask({
    protocol: "anthropic",
    body: question("anthropic"),
    headers: { "anthropic-version": "2023-06-01", "anthropic-beta": "one", "x-stainless-lang": "js" },
  });
  const names = Object.keys(core.effects.calls[0]?.init.headers ?? {});
  expect(names.toSorted()).toEqual(["accept", "accept-encoding", "authorization", "content-type", "user-agent"]);
});

test("of the vendor's headers only the allow-list comes back, and the gateway's own are beside it", async () => {
  const vendor = {
    "x-request-id": "req-vendor-1",
    "openai-processing-ms": "12",
    "x-ratelimit-remaining-requests": "59",
    "set-cookie": "a=b",
    server: "vendor",
    via: "1.1 x",
    "openai-organization": "org-canary",
    "x-unknown": "1",
    connection: "x-ratelimit-limit-requests",
    "x-ratelimit-limit-requests": "60",
    "content-encoding": "identity",
  };
  const core = single(OPENAI_WORDS, json(200, OPENAI_WORDS.body(said()), vendor));
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  const { "x-ringmain-request-id": id, ...rest } = got.headers;
  expect(id).toMatch(/^req_[0-9A-Za-z]{24}$/);
  expect(rest).toEqual({
    "content-type": "application/json",
    "x-request-id": "req-vendor-1",
    "openai-processing-ms": "12",
    "x-ratelimit-remaining-requests": "59",
    "x-ringmain-model": "one",
    "x-ringmain-lane": "first/a/one",
    "x-ringmain-upstream-model": said().model,
    "x-ringmain-attempts": "1",
  });
});

test("in passthrough the caller's own credential goes upstream, and its refusal comes back and moves nothing", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes, auth: { mode: "passthrough", clientTokens: [] } }),
    answer: refusing(OPENAI_WORDS, "credential"),
  });
  const parts = {
    method: "POST",
    path: "/v1/chat/completions",
    query: "",
    headers: { authorization: "Bearer callers-own" },
    params: {},
  };
  const identified = core.exchange.credential(null, parts);
  if (!identified.ok) throw new Error("the caller was refused");
  const got = await core.ask({ protocol: "openai", body: question("openai"), caller: identified.value });
  expect(core.effects.calls.map((call) => call.init.headers["authorization"])).toEqual(["Bearer callers-own"]);
  expect(got.status).toBe(401);
  expect(got.text).toBe(OPENAI_WORDS.error("credential").body);
  expect(core.records[0]).toMatchObject({ outcome: "failed", failure: "caller-credential", caller: "passthrough" });
  expect(core.changes).toEqual([]);
  expect(core.exchange.credential(null, { ...parts, headers: {} }).ok).toBe(false);
});

test("a streaming client of a lane that answers whole still gets a stream, and the other way round", async () => {
  for (const words of VENDOR_WORDS) {
    for (const ingress of ["openai", "anthropic"]) {
      const core = single(words, whole(words));
      const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
      expect(got.headers["content-type"]).toStartWith("text/event-stream");
      expect(see(ingress, got.text)).toMatchObject({
        text: "Hello, wörld.",
        error: null,
        endings: [ingress === "openai" ? "[DONE]" : "message_stop"],
      });

      const other = single(words, streamed(words));
      const answer = await other.ask({ protocol: ingress, body: question(ingress) });
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
      expect(see(ingress, answer.text)).toMatchObject({ text: "Hello, wörld.", error: null });
    }
  }
});

test("a pool of both protocols serves either client", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "anthropic")];
  for (const ingress of ["openai", "anthropic"]) {
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: byProvider({ first: refusing(OPENAI_WORDS, "server-error"), second: answering(ANTHROPIC_WORDS) }),
    });
    const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
    expect(see(ingress, got.text)).toMatchObject({ text: "Hello, wörld.", error: null });
    expect(core.records[0]?.attempts.map(({ egress, way }) => [egress, way])).toEqual(
      ingress === "openai"
        ? [
            ["openai", "relay"],
            ["anthropic", "translate"],
          ]
        : [
            ["openai", "translate"],
            ["anthropic", "relay"],
          ],
    );
  }
});

function never(): never {
  throw new Error("nothing was sent");
}
