// Request bodies at the compiled program: together they have a bound, and what is not whole and legal buys nothing.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";
import { openRaw, sendRaw, statusOf } from "../server/raw-client.ts";

let vendor: Vendor;
let gateway: Gateway;
let port = 0;

beforeAll(async () => {
  vendor = await startVendor("openai");
  gateway = await startGateway({
    env: { VENDOR_KEY: "key" },
    config: [
      'listen: "127.0.0.1:0"',
      "limits: { bodies_mb: 1 }",
      `providers: { vendor: { protocol: openai, base_url: "${vendor.url}", api_key_env: VENDOR_KEY, allow_private: true } }`,
      "models: { text: { provider: vendor, upstream_model: text } }",
    ].join("\n"),
  });
  port = Number(new URL(gateway.url).port);
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await vendor.close();
});

const CHAT = '{"model":"text","messages":[{"role":"user","content":"Hello."}]}';
const POST = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const CHUNK = `${CHAT.length.toString(16)}\r\n${CHAT}\r\n`;

test("a body that does not fit beside the others is told when to come again, and fits once they are gone", async () => {
  await using first = await openRaw(port);
  first.send(`${POST}Content-Length: 900000\r\n\r\n${" ".repeat(700_000)}`);
  const second = `${POST}Content-Length: 800000\r\n\r\n${CHAT}${" ".repeat(800_000 - CHAT.length)}`;
  // The first one's bytes are read when the second one's come, or soon after.
  const refused = await untilStatus(second, 503);
  expect(refused).toMatch(/\r\nretry-after: 1\r\n/i);
  expect(refused).toContain("bodies_full");
  first.vanish();
  await untilStatus(second, 200);
}, 60_000);

async function untilStatus(request: string, status: number): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await sendRaw(port, request);
    if (statusOf(answer) === status) return answer;
  }
  throw new Error(`no answer had the status ${status}`);
}

test.each([
  ["cut", `${CHUNKED}${CHUNK}`, "FIN"],
  ["cut before its length", `${POST}Content-Length: 5000\r\n\r\n${CHAT}`, "FIN"],
  ["followed by an illegal chunk", `${CHUNKED}${CHUNK}zz\r\n\r\n`, ""],
  ["followed by no trailer", `${CHUNKED}${CHUNK}0\r\nX\r\n\r\n`, ""],
  ["of two lengths", `${POST}Content-Length: ${CHAT.length}\r\nContent-Length: ${CHAT.length}\r\n\r\n${CHAT}`, ""],
])("a body %s buys nothing", async (_what, bytes, end) => {
  const before = vendor.requests.length;
  await using client = await openRaw(port);
  client.send(bytes);
  if (end === "FIN") client.finish();
  expect([0, 400]).toContain(statusOf(await client.closed()));
  // An answer that is bought comes after what was bought before it.
  expect(statusOf(await sendRaw(port, `${CHUNKED}${CHUNK}0\r\n\r\n`))).toBe(200);
  expect(vendor.requests.length - before).toBe(1);
});

test.each([
  ["with trailers", `${CHUNKED}${CHUNK}0\r\nX-Sum: abc\r\n\r\n`],
  ["after empty lines", `\r\n\r\n${CHUNKED}${CHUNK}0\r\n\r\n`],
])("a legal request %s is answered", async (_what, bytes) => {
  expect(statusOf(await sendRaw(port, bytes))).toBe(200);
});

test("requests sent ahead are answered in order, also of a client that closes its half after them", async () => {
  const before = vendor.requests.length;
  await using client = await openRaw(port);
  client.send(`${CHUNKED}${CHUNK}0\r\n\r\n`.repeat(3));
  client.finish();
  const received = await client.closed();
  expect(received.split("HTTP/1.1 200").length).toBe(4);
  expect(vendor.requests.length - before).toBe(3);
});
