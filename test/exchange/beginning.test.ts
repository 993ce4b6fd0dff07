// An answer is known by its beginning: relays label sound streams as text, as JSON, as anything, or not at all.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const TYPES = [
  "text/plain; charset=utf-8",
  "application/json",
  "application/octet-stream",
  "text/html",
  "text/event-stream",
  null,
] as const;
const CLIENTS = ["openai", "anthropic"] as const;

/** In pieces of `size`, so that the beginning is cut as well. */
function labelled(type: string | null, text: string, size = text.length): Answer {
  return () => {
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    return new Response(body, { headers: type === null ? {} : { "content-type": type } });
  };
}

function coreOf(words: VendorWords, answer: Answer) {
  const lane = laneOf("first/a/one", words.protocol);
  return createCore({ deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }), answer });
}

describe("an answer of any content type", () => {
  for (const words of VENDOR_WORDS) {
    for (const client of CLIENTS) {
      for (const type of TYPES) {
        const name = `${words.protocol} lane that says ${type ?? "nothing"} to a ${client} client`;
        for (const [how, lead, size] of [
          ["whole", "", 1_000_000],
          ["after a blank line", "\r\n", 40],
          ["byte by byte", "\ufeff", 1],
        ] as const) {
          test(`that begins as a stream is one (${how}): ${name}`, async () => {
            const core = coreOf(words, labelled(type, lead + words.frames(said()).join(""), size));
            const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
            expect([got.status, got.headers["content-type"]]).toEqual([200, "text/event-stream"]);
            expect(see(client, got.text.replace("\ufeff", "").trimStart())).toMatchObject({
              text: "Hello, wörld.",
              error: null,
              broken: 0,
            });
            expect(core.records[0]).toMatchObject({ outcome: "answered", answer: { usageEstimated: false } });
          });
        }

        test(`is a stream for who asked for one, where it is whole: ${name}`, async () => {
          const core = coreOf(words, labelled(type, words.body(said())));
          const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
          expect([got.status, got.headers["content-type"]]).toEqual([200, "text/event-stream"]);
          expect(see(client, got.text)).toMatchObject({ text: "Hello, wörld.", error: null, broken: 0 });
        });

        for (const [as, text] of [
          ["in one piece", words.body(said())],
          ["as a stream", words.frames(said()).join("")],
        ] as const) {
          test(`is whole for who asked for no stream, where it came ${as}: ${name}`, async () => {
            const core = coreOf(words, labelled(type, text));
            const got = await core.ask({ protocol: client, body: question(client) });
            expect([got.status, got.headers["content-type"]]).toEqual([200, "application/json"]);
            expect(see(client, got.text)).toMatchObject({ text: "Hello, wörld.", error: null, usage: { output: 7 } });
          });
        }

        for (const streams of [true, false]) {
          test(`stays an error inside a 200 (stream: ${streams}): ${name}`, async () => {
            const core = coreOf(words, labelled(type, words.error("overloaded").body));
            const got = await core.ask({ protocol: client, body: question(client, { stream: streams }) });
            expect([got.status >= 500, core.records[0]?.attempts[0]?.outcome]).toEqual([true, "overloaded"]);
          });

          test(`is none where it is a page (stream: ${streams}): ${name}`, async () => {
            const core = coreOf(words, labelled(type, "<html><body>Sign in</body></html>"));
            const got = await core.ask({ protocol: client, body: question(client, { stream: streams }) });
            expect([got.status, core.records[0]?.failure]).toEqual([502, "malformed"]);
          });
        }
      }

      test(`is an error where a stream of a ${words.protocol} lane that ${client} did not ask for ends in one`, async () => {
        const text =
          words
            .frames(said())
            .slice(0, words.handshakeFrames + 1)
            .join("") + words.errorFrame("overloaded");
        const core = coreOf(words, labelled("text/event-stream", text));
        const got = await core.ask({ protocol: client, body: question(client) });
        expect([got.status >= 500, core.records[0]?.attempts[0]?.outcome]).toEqual([true, "overloaded"]);
      });
    }
  }
});
