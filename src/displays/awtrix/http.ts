/** A clock reached directly: every message is answered, and the answer counts. */
import type { Cancel } from "../../std/effects.ts";
import type { DisplayEffects, Login } from "../display.ts";
import { retryDelayMs } from "../retry.ts";
import {
  type AwtrixLink,
  type AwtrixMessage,
  type Device,
  hasRestarted,
  REMOVE,
  readDevice,
  type SendResult,
} from "./link.ts";

interface AwtrixHttpOptions {
  /** Without a trailing slash. */
  readonly url: string;
  readonly login: Login;
  readonly effects: DisplayEffects;
}

const ANSWER_MS = 3_000;
/** Of an answer; the clock's own are under 1 KB. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** How often it is asked who it is. */
const LOOK_MS = 60_000;

type Answered =
  | { readonly kind: "answer"; readonly status: number; readonly text: string }
  | { readonly kind: "failed"; readonly why: string };

export function createAwtrixHttp(options: AwtrixHttpOptions): AwtrixLink {
  const { effects } = options;
  let epoch = 0;
  let device: Device | null = null;
  let lookedMs: number | null = null;
  let failures = 0;
  let retryAtMs = Number.NEGATIVE_INFINITY;
  let trouble: string | null = null;
  let isClosed = false;

  const call = (path: string, body: string | null) => ask(options, path, body);
  const fail = (why: string): void => {
    failures += 1;
    retryAtMs = effects.nowMs() + retryDelayMs(failures, effects.random);
    lookedMs = null;
    trouble = why;
  };
  /** Asks who is there: a picture is sent to a clock and to nothing else. */
  const look = async (): Promise<boolean> => {
    const answered = await call("/api/stats", null);
    const now = answered.kind === "answer" && answered.status === 200 ? readDevice(answered.text) : null;
    if (now === null) {
      fail(answered.kind === "failed" ? answered.why : notAwtrix(answered));
      return false;
    }
    // After a failure it is unknown what the clock still shows.
    if (device === null || failures > 0 || hasRestarted(device, now)) epoch += 1;
    device = now;
    lookedMs = effects.nowMs();
    failures = 0;
    trouble = null;
    return true;
  };
  const send = async (message: AwtrixMessage): Promise<SendResult> => {
    const answered = await call(pathOf(message), message.body === null ? REMOVE : JSON.stringify(message.body));
    if (answered.kind === "failed") {
      fail(answered.why);
      return answered;
    }
    if (answered.status === 200) return { kind: "taken" };
    if (answered.status === 401) {
      fail(WRONG_LOGIN);
      return { kind: "failed", why: WRONG_LOGIN };
    }
    return { kind: "refused", why: `the clock answered ${answered.status} ${excerpt(answered.text)}`.trim() };
  };
  return {
    async ready() {
      if (isClosed || effects.nowMs() < retryAtMs) return false;
      return lookedMs !== null && effects.nowMs() - lookedMs < LOOK_MS ? true : look();
    },
    epoch: () => epoch,
    trouble: () => trouble,
    device: () => device,
    send,
    async close(last) {
      if (isClosed) return;
      isClosed = true;
      // One that cannot be reached forgets us by itself.
      if (device === null || trouble !== null) return;
      for (const message of last) await send(message);
    },
  };
}

function pathOf(message: AwtrixMessage): string {
  return message.kind === "custom" ? `/api/custom?name=${encodeURIComponent(message.app)}` : `/api/${message.kind}`;
}

/** Bounded in time and size; redirects are not followed, because the login would go with them. */
async function ask({ url, login, effects }: AwtrixHttpOptions, path: string, body: string | null): Promise<Answered> {
  const stop = new AbortController();
  const cancel: Cancel = effects.setTimer(ANSWER_MS, () => stop.abort());
  try {
    const response = await effects.fetch(`${url}${path}`, {
      method: body === null ? "GET" : "POST",
      headers: { ...authorization(login), ...(body === null ? {} : { "content-type": "application/json" }) },
      body,
      signal: stop.signal,
      redirect: "manual",
      proxy: false,
      ...(login.ca === null ? {} : { tls: { ca: login.ca } }),
    });
    return { kind: "answer", status: response.status, text: await readText(response) };
  } catch {
    return {
      kind: "failed",
      why: stop.signal.aborted ? "the clock did not answer in time" : "the clock cannot be reached",
    };
  } finally {
    cancel();
  }
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > ANSWER_BYTES_MAX) {
      await reader.cancel();
      break;
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function authorization({ username, password }: Login): Record<string, string> {
  const name = username();
  if (name === null) return {};
  const pair = `${name.reveal()}:${password()?.reveal() ?? ""}`;
  return { authorization: `Basic ${Buffer.from(pair, "utf8").toString("base64")}` };
}

const WRONG_LOGIN = "the clock refuses the user name or password";

function notAwtrix({ status, text }: Extract<Answered, { kind: "answer" }>): string {
  if (status === 401) return WRONG_LOGIN;
  if (/ulanzi/i.test(text)) return "the clock runs its first firmware; install AWTRIX 3 on it";
  return `what answers there is no AWTRIX 3 clock (${status})`;
}

/** Short, and without anything that moves a cursor. */
function excerpt(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 60);
}
