/**
 * Both clients over one corpus of answers, whole and broken, cut at every byte on a real connection: the same verdict and
 * the same body, but for the differences that are meant, which stand beside each answer.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import type { UpstreamClient } from "../../../src/ir/deployment.ts";
import { realEffects } from "../../../src/process/real-effects.ts";
import type { Sent } from "../../../src/upstream/contract.ts";
import { createSend } from "../../../src/upstream/send.ts";
import { ANSWERS, type CorpusAnswer } from "./answers.ts";

const AT_ONCE = 32;
const send = createSend(realEffects("own"));

let server: Server;
let url: string;

/** The path says which answer is meant and where it is cut. */
beforeAll(async () => {
  server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (request) => {
      const [, index = "0", cut = "0"] = /^GET \/(\d+)\/(\d+) /.exec(request.toString("latin1")) ?? [];
      const answer = ANSWERS[Number(index)];
      if (answer === undefined) return;
      const bytes = Buffer.from(answer.bytes, "latin1");
      socket.write(bytes.subarray(0, Number(cut)));
      setImmediate(() => {
        socket.write(bytes.subarray(Number(cut)));
        if (answer.closes === true) socket.end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}`;
});

afterAll(() => server.close());

function ask(client: UpstreamClient, path: string): Promise<Sent> {
  return send({
    url: `${url}${path}`,
    method: "GET",
    headers: {},
    body: [],
    timers: { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000, totalMs: 10_000 },
    signal: new AbortController().signal,
    proxy: null,
    ca: null,
    client,
  });
}

/** The body, latin-1; or how it failed. */
async function verdict(client: UpstreamClient, path: string): Promise<string> {
  const sent = await ask(client, path);
  if (sent.kind !== "response") return sent.kind === "failed" ? `failed: ${sent.failure.kind}` : sent.kind;
  let body = "";
  for (;;) {
    const next = await sent.body.next();
    if (next.kind === "bytes") body += Buffer.from(next.bytes).toString("latin1");
    else if (next.kind === "failed") return `failed: ${next.failure.kind}`;
    else return `${sent.status} ${body}`;
  }
}

const wanted = ({ fault, bytes, body = "" }: CorpusAnswer): string => {
  if (fault !== undefined) return "failed: network";
  const [, status = ""] = /HTTP\/1\.\d ([2-9]\d\d)/.exec(bytes) ?? [];
  return `${status} ${body}`;
};

describe.each(ANSWERS.map((answer, index) => ({ ...answer, index })))("$name", (answer) => {
  const cuts = Array.from({ length: Math.min(answer.bytes.length, 120) }, (_, cut) => cut);

  async function verdicts(client: UpstreamClient): Promise<ReadonlySet<string>> {
    const seen = new Set<string>();
    for (let at = 0; at < cuts.length; at += AT_ONCE) {
      const some = cuts.slice(at, at + AT_ONCE).map((cut) => verdict(client, `/${answer.index}/${cut}`));
      for (const each of await Promise.all(some)) seen.add(each);
    }
    return seen;
  }

  test("over sockets", async () => {
    expect([...(await verdicts("sockets"))]).toEqual([wanted(answer)]);
  });

  test(answer.fetch === undefined ? "and over fetch the same" : "and over fetch otherwise, as is meant", async () => {
    expect([...(await verdicts("fetch"))]).toEqual([answer.fetch ?? wanted(answer)]);
  });
});

test.each(ANSWERS.filter(({ fault, fetch }) => fault === undefined && fetch === undefined))(
  "$name: the same headers",
  async ({ name }) => {
    const headers = async (client: UpstreamClient) => {
      const sent = await ask(client, `/${ANSWERS.findIndex((each) => each.name === name)}/0`);
      return sent.kind === "response" ? sent.headers : sent;
    };
    expect(await headers("sockets")).toEqual(await headers("fetch"));
  },
);
