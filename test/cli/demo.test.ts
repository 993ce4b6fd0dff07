// The demo's options, its vendors behind a real socket, and the self-check against them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type DemoOptions, readDemoOptions } from "../../src/cli/demo.ts";

import { selfcheck } from "../../src/cli/demo-selfcheck.ts";
import { serveVendors, type VendorServer } from "../../src/cli/demo-vendors.ts";
import { SIMULATED } from "../../src/demo/place.ts";
import { OUT_MS, vendors, WELL_MS } from "../demo/talk.ts";

/** Whole and streamed, in every protocol. */
const CHECKS = 2 * SIMULATED.length;

const USUAL: DemoOptions = { port: null, seed: 1, slowness: 1, forMs: null, quiet: false, selfcheck: false };

describe("options", () => {
  test.each<[string, readonly string[], Partial<DemoOptions>]>([
    ["none", [], {}],
    ["a port", ["--port", "9000"], { port: 9000 }],
    ["any port, quietly", ["--port=0", "--quiet"], { port: 0, quiet: true }],
    ["a seed", ["--seed", "42"], { seed: 42 }],
    ["an end", ["--for", "1.5"], { forMs: 1_500 }],
    ["the self-check is quick and takes any port", ["--selfcheck"], { port: 0, slowness: 0, selfcheck: true }],
    ["unless told", ["--selfcheck", "--port", "1", "--slowness", "0.5"], { port: 1, slowness: 0.5, selfcheck: true }],
  ])("%s", (_name, args, wanted) => {
    expect(readDemoOptions(args)).toEqual({ kind: "options", options: { ...USUAL, ...wanted } });
  });

  test.each([
    [["--port", "70000"], "--port must be a whole number from 0 to 65535."],
    [["--port", "80.5"], "--port must be a whole number from 0 to 65535."],
    [["--seed", "-1"], "--seed must be a whole number from 0 to 4294967295."],
    [["--slowness", "often"], "--slowness must be a number from 0 to 100."],
    [["--fast"], "is not understood here"],
  ])("%p is refused", (args, wanted) => {
    expect(readDemoOptions(args)).toEqual({ kind: "usage", message: expect.stringContaining(wanted) });
  });

  test("--help is no mistake", () => {
    expect(readDemoOptions(["--help"])).toEqual({ kind: "help" });
  });
});

describe("vendors behind a socket", () => {
  /** Chance 0: whatever can go wrong does. */
  let server: VendorServer;
  beforeAll(async () => {
    server = await serveVendors(vendors({ chance: 0, slowness: 0 }), () => OUT_MS);
  });
  afterAll(() => server.close());

  const call = (temper: string, stream: boolean) =>
    fetch(`${server.url}/${temper}/v1/chat/completions?beta=true`, {
      method: "POST",
      headers: { authorization: "Bearer demo-account-key", "content-type": "application/json" },
      body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "Say hello" }] }),
    });

  test("an answer arrives whole", async () => {
    const response = await call("steady", true);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toEndWith("data: [DONE]\n\n");
  });

  test.each([
    ["limited", 429],
    ["failing", 500],
    ["overloaded", 200],
  ])("%s: %i", async (temper, status) => {
    const response = await call(temper, false);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error");
  });

  test("a reset is a reset and not an end", async () => {
    expect(await call("resetting", false).catch((error: unknown) => error)).toMatchObject({ code: "ECONNRESET" });
  });

  test("an answer that breaks in the middle does not look complete", async () => {
    const response = await call("cutting", true);
    expect(response.status).toBe(200);
    expect(await response.text().catch((error: unknown) => error)).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("the self-check", () => {
  const check = async (temper: string) => {
    const server = await serveVendors(vendors({ chance: 0, slowness: 0 }), () => WELL_MS);
    const result = await selfcheck({
      url: `${server.url}/${temper}`,
      key: "demo-account-key",
      protocols: SIMULATED,
    });
    await server.close();
    return result;
  };

  test("is content with good answers", async () => {
    const { ok, table } = await check("steady");
    expect(ok).toBe(true);
    expect(table.match(/ ok /g)?.length).toBe(CHECKS);
  });

  test.each(["limited", "resetting", "overloaded", "cutting"])("sees that %s is not well", async (temper) => {
    const { ok, table } = await check(temper);
    expect(ok).toBe(false);
    expect(table.match(/ failed/g)?.length).toBe(CHECKS);
  });
});
