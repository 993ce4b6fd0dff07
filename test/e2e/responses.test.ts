// The official OpenAI client's Responses calls against the compiled gateway and every kind of vendor.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { PIXEL } from "../harness/builders.ts";
import { configText, ENV } from "../harness/gateway-config.ts";
import { ask, get } from "../harness/raw-client.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const MODELS = ["text", "parallel", "limited", "bad-key", "rejected", "broken", "error-mid", "end-mid"];
const VENDORS = ["openai", "anthropic", "responses"] as const;
const TEXT = "Hello, wörld.";
const START_MS_MAX = 300_000;

let vendors: Record<(typeof VENDORS)[number], Vendor>;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  vendors = {
    openai: await startVendor("openai"),
    anthropic: await startVendor("anthropic"),
    responses: await startVendor("responses"),
  };
  const pools = { rescue: ["responses-broken", "anthropic-text"] };
  gateway = await startGateway({ config: configText({ ...vendors, models: MODELS, pools }), env: ENV });
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
}, START_MS_MAX);

afterAll(async () => {
  await gateway.stop();
  await Promise.all(Object.values(vendors).map((vendor) => vendor.close()));
}, 60_000);

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  description: "Tells the weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: false,
};

for (const vendor of VENDORS) {
  describe(`the OpenAI client's responses on a lane of ${vendor}`, () => {
    test("a whole answer", async () => {
      const answer = await client.responses.create({ model: `${vendor}-text`, input: "Say hello." });
      expect(answer.output_text).toBe(TEXT);
      expect([answer.object, answer.status, answer.model]).toEqual(["response", "completed", "text"]);
      expect(answer.usage).toMatchObject({
        input_tokens: 15,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 7,
        total_tokens: 22,
      });
    });

    test("a stream, by event and put together", async () => {
      const stream = client.responses.stream({ model: `${vendor}-text`, input: "Say hello." });
      let text = "";
      const events: string[] = [];
      for await (const event of stream) {
        events.push(event.type);
        if (event.type === "response.output_text.delta") text += event.delta;
      }
      const answer = await stream.finalResponse();
      expect([text, answer.output_text, answer.status]).toEqual([TEXT, TEXT, "completed"]);
      expect(answer.usage?.total_tokens).toBe(22);
      expect([events[0], events.at(-1)]).toEqual(["response.created", "response.completed"]);
    });

    for (const isStream of [false, true]) {
      test(`a tool loop with calls in parallel, ${isStream ? "streamed" : "whole"}`, async () => {
        const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "How is the weather?" }];
        const ask = (): Promise<OpenAI.Responses.Response> => {
          const params = { model: `${vendor}-parallel`, input, tools: [WEATHER] };
          return isStream ? client.responses.stream(params).finalResponse() : client.responses.create(params);
        };
        const first = await ask();
        const calls = first.output.filter((item) => item.type === "function_call");
        expect(calls.map((call) => [call.call_id, call.name, JSON.parse(call.arguments)])).toEqual([
          ["call_paris_1", "get_weather", { city: "Paris", unit: "c" }],
          ["call_oslo_2", "get_weather", { city: "Oslo" }],
        ]);
        for (const { type, call_id, name, arguments: given } of calls) {
          input.push({ type, call_id, name, arguments: given });
        }
        for (const { call_id } of calls) input.push({ type: "function_call_output", call_id, output: "21" });
        expect((await ask()).output_text).toBe("Paris has 21 degrees, Oslo 18.");
      });
    }

    test("an image reaches the vendor in its own words", async () => {
      await client.responses.create({
        model: `${vendor}-text`,
        input: [
          {
            role: "user",
            content: [
              { type: "input_text", text: "What?" },
              { type: "input_image", image_url: `data:image/png;base64,${PIXEL}`, detail: "auto" },
            ],
          },
        ],
      });
      const body = vendors[vendor].bodies().at(-1);
      expect(JSON.stringify(body?.messages ?? body?.input)).toContain(PIXEL);
    });

    test("trouble is the client's typed exception", async () => {
      const failing = (name: string): Promise<unknown> =>
        client.responses.create({ model: `${vendor}-${name}`, input: "Hi." }).catch((error: unknown) => error);
      expect(await failing("rejected")).toBeInstanceOf(OpenAI.BadRequestError);
      expect(await failing("bad-key")).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(await failing("broken")).toBeInstanceOf(OpenAI.InternalServerError);
      expect(await failing("limited")).toBeInstanceOf(OpenAI.RateLimitError);
    });

    test("a stream that breaks is never a short answer", async () => {
      for (const name of ["error-mid", "end-mid"]) {
        const events: string[] = [];
        const read = async (): Promise<void> => {
          const stream = await client.responses.create({ model: `${vendor}-${name}`, input: "Hi.", stream: true });
          for await (const event of stream) events.push(event.type);
        };
        const thrown = await read().then(
          () => null,
          (error: unknown) => error,
        );
        const isTold = thrown instanceof OpenAI.APIError || ["error", "response.failed"].includes(events.at(-1) ?? "");
        expect([name, isTold, events.includes("response.completed")]).toEqual([name, true, false]);
      }
    });
  });
}

for (const ingress of ["chat", "messages"] as const) {
  test(`a client of ${ingress} is served by a lane of responses`, async () => {
    const path = ingress === "chat" ? "/v1/chat/completions" : "/v1/messages";
    const answer = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "responses-text",
        max_tokens: 100,
        messages: [{ role: "user", content: "Say hello." }],
      }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(TEXT);
    expect(vendors.responses.requests.at(-1)?.path).toBe("/v1/responses");
    expect(vendors.responses.bodies().at(-1)).toMatchObject({ model: "text", store: false });
  });
}

test("a pool rescues a response over to another protocol", async () => {
  const rescued = await client.responses.create({ model: "rescue", input: "Say hello." });
  expect(rescued.output_text).toBe(TEXT);
});

test("a client that would rather speak WebSocket is told to POST, and served when it does", async () => {
  const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
  const refused = await ask(
    gateway.port,
    get("/v1/responses", { ...headers, "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" }),
  );
  expect(refused.status).toBe(426);
  expect(JSON.parse(refused.body.toString()).error).toMatchObject({ type: "invalid_request_error" });
  const served = await client.responses.create({ model: "responses-text", input: "Say hello." });
  expect(served.output_text).toBe(TEXT);
});

test("a model nobody knows is a typed exception", async () => {
  const error = await client.responses.create({ model: "nobody", input: "Hi." }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OpenAI.NotFoundError);
});
