// A clock reached directly, over a real socket: who answers, what is refused, and how little a broken one costs.
import { afterEach, describe, expect, test } from "bun:test";
import { createAwtrixHttp } from "../../../src/displays/awtrix/http.ts";
import { readDevice } from "../../../src/displays/awtrix/link.ts";
import { type AwtrixHttp, createAwtrixDouble, type Mood, serveAwtrix } from "../../harness/awtrix-double.ts";
import { fastEffects, loginOf, NOBODY } from "./builders.ts";

let server: AwtrixHttp | null = null;
afterEach(() => server?.close());

/** Twenty times as fast, so that three seconds without an answer are soon over. */
function start(login: string | null = null) {
  const device = createAwtrixDouble();
  const opened = serveAwtrix(device, login);
  server = opened;
  const link = (given = NOBODY) => createAwtrixHttp({ url: opened.url, login: given, effects: fastEffects(20) });
  return { device, opened, link };
}

const MESSAGE = { kind: "custom", app: "ringmain", body: { text: "x" } } as const;

describe("before the first picture", () => {
  const rows: readonly [mood: Mood, trouble: string][] = [
    ["html", "what answers there is no AWTRIX 3 clock (200)"],
    ["ulanzi", "the clock runs its first firmware; install AWTRIX 3 on it"],
    ["other-json", "what answers there is no AWTRIX 3 clock (200)"],
    ["silent", "the clock did not answer in time"],
    ["redirects", "what answers there is no AWTRIX 3 clock (302)"],
    ["floods", "what answers there is no AWTRIX 3 clock (200)"],
  ];
  test.each(rows)("one that answers with %s is no clock, and is sent nothing", async (mood, trouble) => {
    const { opened, device, link } = start();
    opened.setMood(mood);
    const clock = link();
    expect(await clock.ready()).toBe(false);
    expect([clock.trouble(), clock.device(), clock.epoch()]).toEqual([trouble, null, 0]);
    // It is left alone for a while.
    expect(await clock.ready()).toBe(false);
    expect(opened.requests).toEqual(["GET /api/stats"]);
    await clock.close([MESSAGE]);
    expect(device.received).toEqual([]);
  });

  test("a wrong password is said, and never the password", async () => {
    const { link } = start("me:right");
    const wrong = link(loginOf("me", "canary-wrong"));
    expect(await wrong.ready()).toBe(false);
    expect(wrong.trouble()).toBe("the clock refuses the user name or password");
    const right = link(loginOf("me", "right"));
    expect([await right.ready(), await right.send(MESSAGE)]).toEqual([true, { kind: "taken" }]);
  });

  test("nobody there", async () => {
    const { opened, link } = start();
    await opened.close();
    const clock = link();
    expect([await clock.ready(), clock.trouble()]).toEqual([false, "the clock cannot be reached"]);
  });
});

describe("a message", () => {
  test("is taken, refused with the clock's own word, or lost", async () => {
    const { device, opened, link } = start();
    const clock = link();
    expect(await clock.ready()).toBe(true);
    expect(await clock.send(MESSAGE)).toEqual({ kind: "taken" });
    device.refuseDrawing(true);
    expect(await clock.send({ ...MESSAGE, body: { draw: [] } })).toEqual({
      kind: "refused",
      why: "the clock answered 500 ErrorParsingJson",
    });
    opened.setMood("silent");
    expect(await clock.send(MESSAGE)).toEqual({ kind: "failed", why: "the clock did not answer in time" });
    expect(await clock.ready()).toBe(false);
  });

  test("removes exactly as the clock wants it spelled", async () => {
    const { device, link } = start();
    const clock = link();
    await clock.ready();
    await clock.send(MESSAGE);
    await clock.close([{ kind: "custom", app: "ringmain", body: null }]);
    expect([device.apps.size, device.received.at(-1)?.body]).toEqual([0, "{}"]);
    expect(await clock.ready()).toBe(false);
  });
});

test.each([
  ["the clock's own statistics", createAwtrixDouble().stats(), { version: "0.98", uptimeSecs: 1_000 }],
  ["those of a version that says less", '{"bat":1,"lux":2,"ram":3}', { version: "unknown", uptimeSecs: 0 }],
  ["a version and one more", '{"version":"0.96","ram":3,"uptime":7}', { version: "0.96", uptimeSecs: 7 }],
  ["any JSON", '{"version":"0.96","name":"x"}', null],
  ["a list", "[]", null],
  ["a word", '"bat"', null],
  ["nothing", "", null],
])("from %s it is read who is there", (_, text, device) => expect(readDevice(text)).toEqual(device));
