// What is asked of a vendor about a key, and what its answer says of the key and of its models.
import { describe, expect, test } from "bun:test";
import { askVendor } from "../../src/exchange/probing/vendor-list.ts";
import { createStopper } from "../../src/std/stop-signal.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, type LaneOver, laneOf, poolOf, providerOf } from "../harness/deployments.ts";
import { json, transportError } from "../harness/scripted-answers.ts";

type Answer = ReturnType<typeof json>;

async function ask(
  protocol: string,
  answer: Answer,
  { over = {}, provider = {} }: { over?: LaneOver; provider?: Parameters<typeof providerOf>[1] } = {},
) {
  const lane = laneOf("v/a/m", protocol, over);
  const core = createCore({
    deployment: deploymentOf({
      lanes: [lane],
      targets: [poolOf("pool", [lane])],
      providers: [providerOf("v", provider)],
    }),
    answer,
  });
  const said = await core.until(askVendor(core.world, lane, createStopper().signal));
  return {
    said,
    calls: core.effects.calls.map(({ url, init }) => [init.method, url.replace("https://v.invalid", "")]),
    core,
  };
}

const LIST = json(200, '{"data":[{"id":"x"}]}');

describe("where it is asked", () => {
  test.each([
    ["openai", "/v1/models"],
    ["responses", "/v1/models"],
    ["anthropic", "/v1/models?limit=1000"],
    ["gemini", "/v1beta/models?pageSize=1000"],
    ["cohere", "/v1/models?page_size=1000"],
  ])("in the protocol %s", async (protocol, path) => {
    const { said, calls } = await ask(protocol, LIST);
    expect(calls).toEqual([["GET", path]]);
    expect([said.key, [...(said.list?.names ?? [])]]).toEqual(["taken", ["x"]]);
  });

  test.each([
    ["/chat/completions", ["/models"]],
    ["/api/paas/v4/chat/completions", ["/api/paas/v4/models"]],
    ["/one/{model}/chat/completions", []],
    ["/other?api-version=1", []],
  ])("beside a path of its own: %s", async (path, expected) => {
    const { calls, said } = await ask("openai", LIST, { over: { doors: [doorOf("openai", { path })] } });
    expect(calls.map(([, url]) => url)).toEqual(expected);
    expect(said.key).toBe(expected.length === 0 ? "unasked" : "taken");
  });

  test("where its facts say so, the key first", async () => {
    const { calls } = await ask("openai", LIST, { provider: { keyPath: "/v1/key", modelsPath: "/all" } });
    expect(calls.map(([, url]) => url)).toEqual(["/v1/key", "/all"]);
  });

  test("nowhere, where it has no list and the protocol none", async () => {
    expect((await ask("openai", LIST, { provider: { modelsPath: null } })).said.key).toBe("unasked");
    expect((await ask("bedrock", LIST)).said.key).toBe("unasked");
  });
});

describe("what it says", () => {
  test.each<[string, Answer, string, string]>([
    ["401", json(401, '{"error":{"message":"bad key sk-secret"}}'), "refused", "status 401"],
    ["403", json(403, "{}"), "refused", "status 403"],
    ["404", json(404, "{}"), "unasked", "it has no list of models here (status 404)"],
    ["500", json(500, "{}"), "silent", "status 500"],
    ["429", json(429, "{}"), "silent", "status 429"],
    ["no connection", transportError("ECONNREFUSED"), "silent", "no answer (network)"],
    ["a web page", json(200, "<html>"), "taken", "its list cannot be read"],
    ["silence", () => new Promise(() => undefined), "silent", "no answer (timeout)"],
  ])("%s", async (_name, answer, key, because) => {
    const { said } = await ask("openai", answer);
    expect([said.key, said.because, said.list]).toEqual([key, because, null]);
    expect(said.tookMs).toBeLessThanOrEqual(10_000);
  });

  test("a refused key is not asked for a list that is open to everybody", async () => {
    const { said, calls } = await ask("openai", json(401, "{}"), { provider: { keyPath: "/v1/key" } });
    expect([said.key, calls.length]).toEqual(["refused", 1]);
  });
});

describe("pages", () => {
  const page = (names: readonly string[], next: string | null) =>
    new Response(
      JSON.stringify({
        models: names.map((name) => ({ name: `models/${name}` })),
        ...(next && { nextPageToken: next }),
      }),
      { headers: { "content-type": "application/json" } },
    );
  const from =
    (pages: Readonly<Record<string, () => Response>>): Answer =>
    ({ url }) =>
      (pages[new URL(url).searchParams.get("pageToken") ?? ""] ?? (() => new Response("{}", { status: 500 })))();

  test.each<readonly [string, Answer, readonly string[], boolean, number]>([
    [
      "all are read",
      from({ "": () => page(["a"], "2"), "2": () => page(["b"], "3 &"), "3 &": () => page(["c"], null) }),
      ["a", "b", "c"],
      true,
      3,
    ],
    ["one that is not given", from({ "": () => page(["a"], "2"), "2": () => page(["b"], "3") }), ["a", "b"], false, 3],
    ["a vendor that repeats itself", () => page(["a"], "2"), ["a"], false, 2],
  ])("%s", async (_name, answer, names, isComplete, asked) => {
    const { said, calls } = await ask("gemini", answer);
    expect([...(said.list?.names ?? [])]).toEqual([...names]);
    expect([said.list?.isComplete, calls.length]).toEqual([isComplete, asked]);
  });

  test("without end", async () => {
    let count = 0;
    const { said, calls } = await ask("gemini", () => page([`m${count++}`], String(count)));
    expect([said.list?.isComplete, calls.length]).toEqual([false, 20]);
  });
});
