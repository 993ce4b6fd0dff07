/** Calls a running demo in every protocol, whole and streamed, and reads the answers with the protocols' own readers. */
import { UNKNOWN_SERVER } from "../ir/dialect.ts";
import { createAccumulator } from "../ir/fold.ts";
import type { IrBlock } from "../ir/request.ts";
import type { IrResponse } from "../ir/response.ts";
import { PROTOCOLS } from "../protocols/index.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { asObject, parseJson } from "../std/json.ts";
import { Secret } from "../std/secret.ts";
import { formatTable } from "./text.ts";

export interface SelfcheckInput {
  /** Of the gateway. */
  readonly url: string;
  readonly key: string;
  /** Absent: all there are. */
  readonly protocols?: readonly Protocol[];
}

export interface SelfcheckResult {
  readonly ok: boolean;
  readonly table: string;
}

interface Outcome {
  readonly ok: boolean;
  readonly row: readonly string[];
}

const TARGET = "smart";
const QUESTION = "What is 6 * 7?";
const WANTED = "42";
const CALL_TIMEOUT_MS = 30_000;
const SHOWN_CHARS_MAX = 48;

export async function selfcheck(input: SelfcheckInput): Promise<SelfcheckResult> {
  const outcomes: Outcome[] = [];
  for (const protocol of input.protocols ?? Object.values<Protocol>(PROTOCOLS)) {
    for (const stream of [false, true]) outcomes.push(await tryOne(protocol, stream, input));
  }
  const ok = outcomes.every((outcome) => outcome.ok);
  const head = ["CLIENT", "MODE", "RESULT", "LANE", "ATTEMPTS", "ANSWER"];
  return { ok, table: formatTable([head, ...outcomes.map((outcome) => outcome.row)]) };
}

async function tryOne(protocol: Protocol, stream: boolean, input: SelfcheckInput): Promise<Outcome> {
  const mode = stream ? "streamed" : "whole";
  try {
    const response = await call(protocol, stream, input);
    const lane = response.headers.get("x-ringmain-lane") ?? "-";
    const attempts = response.headers.get("x-ringmain-attempts") ?? "-";
    const text = response.ok ? await readText(protocol, stream, response) : await response.text();
    const ok = response.ok && text.includes(WANTED);
    const shown = text.replace(/\s+/g, " ").slice(0, SHOWN_CHARS_MAX);
    return { ok, row: [protocol.id, mode, ok ? "ok" : `failed (${response.status})`, lane, attempts, shown] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, row: [protocol.id, mode, "failed", "-", "-", why.slice(0, SHOWN_CHARS_MAX)] };
  }
}

async function call({ id, payload, carrier }: Protocol, stream: boolean, { url, key }: SelfcheckInput) {
  const question = PROTOCOLS.openai.payload.readRequest({
    model: TARGET,
    messages: [{ role: "user", content: QUESTION }],
    max_tokens: 256,
    stream,
  }).value;
  const written = payload.writeRequest(
    { ...question, sourceProtocol: id },
    { upstreamModel: TARGET, defaultMaxOutputTokens: 256, dialect: UNKNOWN_SERVER, maxOutputTokens: null },
  );
  const path = clientPath(carrier, stream);
  const body = new TextEncoder().encode(JSON.stringify(written.value));
  const signed = await carrier.auth.sign({
    method: "POST",
    contentType: "application/json",
    url: `${url}${path}`,
    body: [body],
    secret: new Secret(key),
    style: "native",
    passthrough: false,
    wallMs: Date.now(),
  });
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { ...carrier.headers.requestDefaults, ...signed, "content-type": "application/json" },
    body,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
}

/** Where a client asks for the target: as a vendor is asked, but for carriers whose base URL holds a part of the path. */
function clientPath(carrier: Protocol["carrier"], stream: boolean): string {
  const own = carrier.upstreamPath({
    operation: "chat",
    upstreamModel: TARGET,
    stream,
    template: null,
    clientPath: "",
  });
  if (own !== null && carrier.ownsPath(own.split("?", 1)[0] ?? "")) return own;
  const route = carrier.routes.find(
    (each) => each.operation === "chat" && (each.stream.from === "body" || each.stream.value === stream),
  );
  return (route?.path ?? "/").replace("/:target", `/${TARGET}`).replaceAll(/\/:\w+/g, "/any");
}

async function readText({ payload, carrier }: Protocol, stream: boolean, response: Response): Promise<string> {
  if (!stream) return textOf(payload.readResponse(asObject(parseJson(await response.text())) ?? {}).value);
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const answer = createAccumulator();
  const frames = [...splitter.push(await response.bytes()), ...splitter.end()];
  for (const event of [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]) answer.push(event);
  if (answer.failed()) throw new Error("the answer ended with an error");
  return textOf(answer.response());
}

function textOf(response: IrResponse): string {
  const blocks: readonly IrBlock[] = response.choices[0]?.blocks ?? [];
  return blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
}
