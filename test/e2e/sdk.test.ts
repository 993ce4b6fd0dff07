// The official clients against the compiled gateway and both kinds of vendor: what a user's program sees.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { PIXEL } from "../harness/builders.ts";
import { configText, ENV } from "../harness/gateway-config.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const MODELS = [
  "text",
  "tools",
  "parallel",
  "empty-arguments",
  "limited",
  "bad-key",
  "rejected",
  "broken",
  "error-mid",
  "end-mid",
  "overloaded-inside",
  "hang",
];
const VENDORS = ["openai", "anthropic"] as const;
const TEXT = "Hello, wörld.";
const START_MS_MAX = 300_000;

let openaiVendor: Vendor;
let anthropicVendor: Vendor;
let gateway: Gateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  openaiVendor = await startVendor("openai");
  anthropicVendor = await startVendor("anthropic");
  const pools = { rescue: ["openai-broken", "anthropic-text"], inside: ["anthropic-overloaded-inside", "openai-text"] };
  gateway = await startGateway({
    config: configText({ openai: openaiVendor, anthropic: anthropicVendor, models: MODELS, pools }),
    env: ENV,
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
}, START_MS_MAX);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([openaiVendor.close(), anthropicVendor.close()]);
}, 60_000);

/** What a call failed with; null: it did not. */
async function failing(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
    return null;
  } catch (error) {
    return error;
  }
}

const ASK = [{ role: "user", content: "Say hello." }] as const;

for (const vendor of VENDORS) {
  describe(`the OpenAI client on a lane of ${vendor}`, () => {
    test("a whole answer", async () => {
      const answer = await openai.chat.completions.create({ model: `${vendor}-text`, messages: [...ASK] });
      expect(answer.choices[0]?.message.content).toBe(TEXT);
      expect(answer.choices[0]?.finish_reason).toBe("stop");
      expect(answer.usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 7, total_tokens: 22 });
      expect(answer.object).toBe("chat.completion");
      expect(answer.model).toBe("text");
    });

    test("a stream, with and without usage", async () => {
      for (const wantsUsage of [true, false]) {
        const stream = await openai.chat.completions.create({
          model: `${vendor}-text`,
          messages: [...ASK],
          stream: true,
          ...(wantsUsage ? { stream_options: { include_usage: true } } : {}),
        });
        let text = "";
        let finish: string | null = null;
        const usages: unknown[] = [];
        for await (const part of stream) {
          text += part.choices[0]?.delta.content ?? "";
          finish = part.choices[0]?.finish_reason ?? finish;
          if (part.usage != null) usages.push(part.usage.total_tokens);
        }
        expect([text, finish, usages]).toEqual([TEXT, "stop", wantsUsage ? [22] : []]);
      }
    });

    test("the client's own accumulator puts the answer together", async () => {
      const runner = openai.chat.completions.stream({
        model: `${vendor}-parallel`,
        messages: [...ASK],
        stream_options: { include_usage: true },
      });
      const calls = (await runner.finalMessage()).tool_calls ?? [];
      expect(
        calls.map((call) =>
          call.type === "function" ? [call.id, call.function.name, JSON.parse(call.function.arguments)] : [],
        ),
      ).toEqual([
        ["call_paris_1", "get_weather", { city: "Paris", unit: "c" }],
        ["call_oslo_2", "get_weather", { city: "Oslo" }],
      ]);
      expect((await runner.totalUsage()).total_tokens).toBe(22);
    });

    for (const isStream of [false, true]) {
      test(`a tool loop with calls in parallel, ${isStream ? "streamed" : "whole"}`, async () => {
        const asked: string[] = [];
        const tool = {
          type: "function" as const,
          function: {
            name: "get_weather",
            description: "Tells the weather",
            parameters: { type: "object", properties: { city: { type: "string" } } },
            parse: JSON.parse,
            function: (given: { city: string }) => {
              asked.push(given.city);
              return given.city === "Paris" ? "21" : "18";
            },
          },
        };
        const params = { model: `${vendor}-parallel`, messages: [...ASK], tools: [tool] };
        const runner = isStream
          ? openai.chat.completions.runTools({ ...params, stream: true })
          : openai.chat.completions.runTools(params);
        expect(await runner.finalContent()).toBe("Paris has 21 degrees, Oslo 18.");
        expect(asked.toSorted()).toEqual(["Oslo", "Paris"]);
      });
    }

    test("an image reaches the vendor in its own words", async () => {
      await openai.chat.completions.create({
        model: `${vendor}-text`,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What?" },
              { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
            ],
          },
        ],
      });
      const vendors = { openai: openaiVendor, anthropic: anthropicVendor };
      expect(JSON.stringify(vendors[vendor].bodies().at(-1)?.messages)).toContain(PIXEL);
    });

    test("a call without arguments parses", async () => {
      const answer = await openai.chat.completions.create({ model: `${vendor}-empty-arguments`, messages: [...ASK] });
      const [call] = answer.choices[0]?.message.tool_calls ?? [];
      expect(call?.type === "function" ? JSON.parse(call.function.arguments) : null).toEqual({});
    });

    test("trouble is the client's typed exception", async () => {
      const ask = (name: string) => openai.chat.completions.create({ model: `${vendor}-${name}`, messages: [...ASK] });
      expect(await failing(ask("rejected"))).toBeInstanceOf(OpenAI.BadRequestError);
      expect(await failing(ask("bad-key"))).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(await failing(ask("broken"))).toBeInstanceOf(OpenAI.InternalServerError);
      const limited = await failing(ask("limited"));
      expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
      if (!(limited instanceof OpenAI.APIError)) throw new Error("not an API error");
      expect(limited.headers?.get("retry-after")).toBe("1");
      expect(limited.requestID).not.toBeNull();
      expect(limited.message.length).toBeGreaterThan(10);
    });

    test("a stream that breaks is an exception, never a short answer", async () => {
      for (const name of ["error-mid", "end-mid"]) {
        const read = async (): Promise<string> => {
          let text = "";
          const stream = await openai.chat.completions.create({
            model: `${vendor}-${name}`,
            messages: [...ASK],
            stream: true,
          });
          for await (const part of stream) text += part.choices[0]?.delta.content ?? "";
          return text;
        };
        const end = await read().catch((error: unknown) => error);
        expect(end).toBeInstanceOf(OpenAI.APIError);
      }
    });
  });

  describe(`the Anthropic client on a lane of ${vendor}`, () => {
    test("a whole answer", async () => {
      const answer = await anthropic.messages.create({ model: `${vendor}-text`, max_tokens: 100, messages: [...ASK] });
      expect(answer.content).toMatchObject([{ type: "text", text: TEXT }]);
      expect(answer.stop_reason).toBe("end_turn");
      expect(answer.usage).toMatchObject({ input_tokens: 12, cache_read_input_tokens: 3, output_tokens: 7 });
      expect(answer.type).toBe("message");
      expect(answer.model).toBe("text");
    });

    test("a stream, by event and put together", async () => {
      const stream = anthropic.messages.stream({ model: `${vendor}-text`, max_tokens: 100, messages: [...ASK] });
      let text = "";
      stream.on("text", (piece) => {
        text += piece;
      });
      const answer = await stream.finalMessage();
      expect(text).toBe(TEXT);
      expect(answer.content).toMatchObject([{ type: "text", text: TEXT }]);
      expect(answer.stop_reason).toBe("end_turn");
      expect(answer.usage.output_tokens).toBe(7);
      expect((answer.usage.input_tokens ?? 0) + (answer.usage.cache_read_input_tokens ?? 0)).toBe(15);

      const events: string[] = [];
      const raw = await anthropic.messages.create({
        model: `${vendor}-text`,
        max_tokens: 100,
        messages: [...ASK],
        stream: true,
      });
      for await (const event of raw) events.push(event.type);
      expect(events.filter((type) => type === "message_start")).toHaveLength(1);
      expect(events.at(-1)).toBe("message_stop");
    });

    for (const isStream of [false, true]) {
      test(`a tool loop with calls in parallel, ${isStream ? "streamed" : "whole"}`, async () => {
        const tools: Anthropic.Tool[] = [
          { name: "get_weather", input_schema: { type: "object", properties: { city: { type: "string" } } } },
        ];
        const messages: Anthropic.MessageParam[] = [...ASK];
        const ask = (): Promise<Anthropic.Message> => {
          const params = { model: `${vendor}-parallel`, max_tokens: 100, messages, tools };
          return isStream ? anthropic.messages.stream(params).finalMessage() : anthropic.messages.create(params);
        };
        const first = await ask();
        expect(first.stop_reason).toBe("tool_use");
        const calls = first.content.filter((block) => block.type === "tool_use");
        expect(calls.map((call) => [call.name, call.input])).toEqual([
          ["get_weather", { city: "Paris", unit: "c" }],
          ["get_weather", { city: "Oslo" }],
        ]);
        messages.push({ role: "assistant", content: first.content });
        messages.push({
          role: "user",
          content: calls.map((call, index) => ({
            type: "tool_result",
            tool_use_id: call.id,
            content: index === 0 ? "21" : [{ type: "text", text: "18" }],
          })),
        });
        const second = await ask();
        expect(second.content).toMatchObject([{ type: "text", text: "Paris has 21 degrees, Oslo 18." }]);
      });
    }

    test("an image reaches the vendor in its own words", async () => {
      await anthropic.messages.create({
        model: `${vendor}-text`,
        max_tokens: 100,
        messages: [
          {
            role: "user",
            content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } }],
          },
        ],
      });
      const vendors = { openai: openaiVendor, anthropic: anthropicVendor };
      expect(JSON.stringify(vendors[vendor].bodies().at(-1)?.messages)).toContain(PIXEL);
    });

    test("trouble is the client's typed exception", async () => {
      const ask = (name: string) =>
        anthropic.messages.create({ model: `${vendor}-${name}`, max_tokens: 100, messages: [...ASK] });
      expect(await failing(ask("rejected"))).toBeInstanceOf(Anthropic.BadRequestError);
      expect(await failing(ask("bad-key"))).toBeInstanceOf(Anthropic.AuthenticationError);
      expect(await failing(ask("broken"))).toBeInstanceOf(Anthropic.InternalServerError);
      const limited = await failing(ask("limited"));
      expect(limited).toBeInstanceOf(Anthropic.RateLimitError);
      if (!(limited instanceof Anthropic.APIError)) throw new Error("not an API error");
      expect(limited.headers?.get("retry-after")).toBe("1");
      expect(limited.requestID).not.toBeNull();
    });

    test("a stream that breaks is an exception, never a short answer", async () => {
      for (const name of ["error-mid", "end-mid"]) {
        const end = await anthropic.messages
          .stream({ model: `${vendor}-${name}`, max_tokens: 100, messages: [...ASK] })
          .finalMessage()
          .catch((error: unknown) => error);
        expect(end).toBeInstanceOf(Anthropic.AnthropicError);
      }
    });

    test("tokens are counted, or estimated and said so", async () => {
      const counted = await anthropic.messages.countTokens({ model: `${vendor}-text`, messages: [...ASK] });
      expect(counted.input_tokens).toBeGreaterThan(0);
    });

    test("a client that aborts stops the vendor", async () => {
      const control = new AbortController();
      const vendors = { openai: openaiVendor, anthropic: anthropicVendor };
      const before = vendors[vendor].requests.length;
      const asked = anthropic.messages
        .create({ model: `${vendor}-hang`, max_tokens: 100, messages: [...ASK] }, { signal: control.signal })
        .catch((error: unknown) => error);
      await vendors[vendor].received(before + 1);
      control.abort();
      expect(await asked).toBeInstanceOf(Anthropic.APIUserAbortError);
      await vendors[vendor].requests.at(-1)?.gone;
    });
  });
}

test("unknown models are typed exceptions, in both clients", async () => {
  expect(await failing(openai.chat.completions.create({ model: "nobody", messages: [...ASK] }))).toBeInstanceOf(
    OpenAI.NotFoundError,
  );
  const unknown = await anthropic.messages
    .create({ model: "nobody", max_tokens: 1, messages: [...ASK] })
    .catch((error: unknown) => error);
  expect(unknown).toBeInstanceOf(Anthropic.NotFoundError);
});

test("model lists are each client's own", async () => {
  const openaiIds = (await Array.fromAsync(openai.models.list())).map((model) => model.id);
  const anthropicIds = (await Array.fromAsync(anthropic.models.list())).map((model) => model.id);
  expect(openaiIds).toContain("rescue");
  expect(anthropicIds.toSorted()).toEqual(openaiIds.toSorted());
  expect((await openai.models.retrieve("openai-text")).id).toBe("openai-text");
  expect((await anthropic.models.retrieve("rescue")).id).toBe("rescue");
});

test("a pool rescues a request over to another protocol, and an overload inside a 200 is never seen", async () => {
  const rescued = await openai.chat.completions.create({ model: "rescue", messages: [...ASK] });
  expect(rescued.choices[0]?.message.content).toBe(TEXT);
  const inside = await anthropic.messages
    .stream({ model: "inside", max_tokens: 100, messages: [...ASK] })
    .finalMessage();
  expect(inside.content).toMatchObject([{ type: "text", text: TEXT }]);
});
