// Whatever a client sends and whatever a vendor answers: one record, one answer in the client's dialect, nothing held, no
// bug, and on the relay the very bytes.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answering, type BodyStep, bodyText, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const RUNS = { numRuns: 250, seed: 11 };
const protocolId = fc.constantFrom("openai", "anthropic", "responses");

function coreOf(egress: string, answer: Answer): Core {
  return createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/pool", egress)], targets: [] }),
    answer,
    metered: false,
  });
}

function problems(core: Core): string[] {
  return [
    ...(core.records.length === 1 ? [] : [`${core.records.length} records`]),
    ...(core.inflight() === 0 ? [] : ["a slot is held"]),
    ...core.bugs.map((bug) => `bug: ${String(bug)}`),
  ];
}

test("any bytes a client sends are answered: served, or refused in its dialect", async () => {
  const nearly = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)),
    fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    fc
      .record(
        {
          model: fc.constantFrom("pool", "", 1, null, ["pool"]),
          messages: fc.jsonValue({ maxDepth: 4 }),
          stream: fc.jsonValue({ maxDepth: 1 }),
          tools: fc.jsonValue({ maxDepth: 3 }),
          max_tokens: fc.jsonValue({ maxDepth: 1 }),
        },
        { requiredKeys: [] },
      )
      .map((body) => Buffer.from(JSON.stringify(body))),
  );
  await fc.assert(
    fc.asyncProperty(protocolId, protocolId, nearly, async (ingress, egress, body) => {
      const core = coreOf(egress, answering(wordsOf(egress)));
      const got = await core.ask({ protocol: ingress, body: new Uint8Array(body) });
      expect(problems(core)).toEqual([]);
      const seen = see(ingress, got.text);
      expect([seen.broken, got.status === 200 ? seen.text : (seen.error ?? "").length > 0]).toEqual([
        0,
        got.status === 200 ? "Hello, wörld." : true,
      ]);
    }),
    RUNS,
  );
}, 60_000);

test("any answer of a vendor is one answer of ours: an answer, or an error, never neither", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...VENDOR_WORDS.flatMap((words) => [
        ...words.frames(said()),
        words.body(said()),
        words.errorFrame("overloaded"),
        words.error("rejected").body,
      ]),
    ),
    fc.string({ maxLength: 40 }),
    fc.json({ maxDepth: 3 }),
    fc.constantFrom("data: ", "\n\n", "event: error\n", "data: [DONE]\n\n", "[]", "{}"),
  );
  const answer = fc.record({
    status: fc.constantFrom(200, 200, 200, 201, 204, 400, 401, 404, 413, 418, 429, 500, 503, 529, 599),
    type: fc.constantFrom("application/json", "text/event-stream", "text/html", "", "application/json; charset=utf-8"),
    hint: fc.option(fc.constantFrom("0", "1", "-1", "soon", "99999999999", "Wed, 21 Oct 2099 07:28:00 GMT")),
    pieces: fc.array(piece, { maxLength: 6 }),
    breaks: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(protocolId, protocolId, fc.boolean(), answer, async (ingress, egress, isStream, given) => {
      const steps = [
        ...given.pieces.map((bytes): BodyStep => ({ do: "bytes", bytes })),
        ...(given.breaks ? [{ do: "reset" } as const] : []),
      ];
      const headers: Record<string, string> = {
        "content-type": given.type,
        ...(given.hint === null ? {} : { "retry-after": given.hint }),
      };
      const core = coreOf(egress, (call) => {
        const body = given.status === 204 ? null : stream(steps)(call);
        return Promise.resolve(body).then(
          (made) => new Response(made?.body ?? null, { status: given.status, headers }),
        );
      });
      const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: isStream }) });
      expect(problems(core)).toEqual([]);
      expect(got.status).toBeGreaterThanOrEqual(200);
      // The same protocol's client gets the vendor's own header, whatever it says; ours is whole seconds, at most a day.
      expect(ingress === egress ? 1 : Number(got.headers["retry-after"] ?? 1)).toBeLessThanOrEqual(86_400);
      // The vendor's own bytes are the vendor's own business, as long as the status says what they are.
      const isRelayed = ingress === egress && (got.status >= 400 || core.records[0]?.outcome === "answered");
      const seen = isRelayed ? null : see(ingress, got.text);
      expect(seen === null || seen.error !== null || seen.finish !== null || seen.endings.length > 0).toBe(true);
      expect(seen === null || seen.endings.length <= 1).toBe(true);
    }),
    { ...RUNS, numRuns: 500 },
  );
}, 60_000);

test("a relayed body differs in the model's value and nowhere else, whatever else is in it", async () => {
  const space = fc.array(fc.constantFrom(" ", "\n", "\t", "\r\n"), { maxLength: 3 }).map((parts) => parts.join(""));
  const number = fc.constantFrom("0", "-0", "1.0", "1e400", "9007199254740993", "0.1000", "1E+2");
  const value = fc.oneof(
    number,
    fc.json({ maxDepth: 3 }),
    fc.constantFrom('"pool"', '"\\ud800"', '"\\u0022model\\u0022"', '{"model":"pool"}'),
  );
  const member = fc.tuple(
    fc.string({ maxLength: 8 }).map((name) => JSON.stringify(`x${name}`)),
    value,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(member, { maxLength: 5 }), fc.nat(), space, async (members, where, gap) => {
      const texts = members.map(([name, text]) => `${gap}${name}${gap}:${gap}${text}`);
      const place = where % (texts.length + 1);
      const head = `{${[...texts.slice(0, place), `${gap}"model"${gap}:${gap}`].join(",")}`;
      const tail = `${gap}${[gap, ...texts.slice(place)].join(",")}}`.replace(",", texts.length > place ? "," : "");
      const core = coreOf("openai", answering(OPENAI_WORDS));
      await core.ask({ protocol: "openai", body: `${head}"pool"${tail}` });
      expect(core.effects.calls.map(bodyText)).toEqual([`${head}"upstream-pool"${tail}`]);
    }),
    RUNS,
  );
}, 60_000);
