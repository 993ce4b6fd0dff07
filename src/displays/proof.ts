/**
 * Shows one test picture and says what came back: for the person who has just written the configuration. A message that
 * was sent is no success; a clock that answered is.
 */
import type { AwtrixConfig, DisplayConfig, HomeAssistantConfig } from "../ir/display.ts";
import { createCanvas, HEIGHT, type Picture, WIDTH } from "./awtrix/canvas.ts";
import { createAwtrixHttp } from "./awtrix/http.ts";
import { PACKET_BYTES_MAX, readDevice } from "./awtrix/link.ts";
import { PALETTES, type Palette } from "./awtrix/palettes.ts";
import { paletteOf, settingsBody } from "./awtrix/payload.ts";
import { signOf } from "./awtrix/signs.ts";
import { type DisplayEffects, type Login, within } from "./display.ts";
import { homeAssistantTopics } from "./home-assistant/index.ts";
import { createMqttLink, type MqttLink } from "./mqtt-link.ts";

interface Proof {
  /** Something that is the display itself answered. */
  readonly isProven: boolean;
  /** Sentences, in the order of what happened. */
  readonly said: readonly string[];
}

/** A broker that is there answers in far less. */
const CONNECT_MS = 8_000;
/** The clock publishes its statistics every ten seconds. */
const SPEAK_MS = 12_000;
/** A notification slides in before it can be seen on the screen. */
const SLIDE_MS = 1_500;
const SHOWN_SECS = 8;

export function prove(config: DisplayConfig, login: Login, effects: DisplayEffects): Promise<Proof> {
  if (config.type === "home_assistant") return proveHomeAssistant(config, login, effects);
  return config.transport === "http" ? proveHttp(config, login, effects) : proveMqtt(config, login, effects);
}

/** The ring, a greeting, and every color of the palette. */
function testCard(config: Pick<AwtrixConfig, "palette">): Picture {
  const palette: Palette = PALETTES[paletteOf(config)];
  const canvas = createCanvas();
  const ring = signOf("ring");
  canvas.sprite(0, 0, ring.sprite, (character) => {
    const color = ring.colors.get(character);
    return color === undefined ? undefined : palette.tint(color);
  });
  canvas.text(10, 1, "HELLO", palette.text[0]);
  const colors = [palette.plenty, palette.warm, palette.hot, palette.good, palette.waiting, palette.bad];
  colors.forEach((color, at) => {
    canvas.bar(9 + at * 4, HEIGHT - 1, 3, color);
  });
  return canvas.frame();
}

function cardBody(frame: Picture): object {
  return {
    text: "",
    draw: [{ db: [0, 0, WIDTH, HEIGHT, [...frame]] }],
    duration: SHOWN_SECS,
    noScroll: true,
    hold: false,
    stack: false,
  };
}

async function proveHttp(config: AwtrixConfig, login: Login, effects: DisplayEffects): Promise<Proof> {
  const link = createAwtrixHttp({ url: config.url, login, effects });
  if (!(await link.ready())) return { isProven: false, said: [`${config.url}: ${link.trouble() ?? "no answer"}.`] };
  const said = [`${config.url} is a clock with AWTRIX ${link.device()?.version ?? "?"}.`];
  await link.send({ kind: "settings", body: settingsBody(config.brightness) });
  const sent = await link.send({ kind: "notify", body: cardBody(testCard(config)) });
  const isProven = sent.kind === "taken";
  const why = sent.kind === "refused" || sent.kind === "failed" ? sent.why : "it is too large";
  said.push(
    isProven ? `It took the picture and shows it for ${SHOWN_SECS} seconds.` : `It did not take the picture: ${why}.`,
  );
  return { isProven, said };
}

async function proveMqtt(config: AwtrixConfig, login: Login, effects: DisplayEffects): Promise<Proof> {
  const { prefix } = config;
  const up = Promise.withResolvers<void>();
  const spoke = Promise.withResolvers<void>();
  const frame = testCard(config);
  let heard: string | null = null;
  const link = createMqttLink({
    url: config.url,
    login,
    effects,
    name: `${config.name}-test`,
    statusTopic: null,
    subscriptions: [`${prefix}/stats`, `${prefix}/screen`],
    packetBytesMax: PACKET_BYTES_MAX,
    onUp: up.resolve,
    onMessage(topic, payload) {
      if (topic === `${prefix}/screen`) {
        heard = isSame(payload, frame)
          ? "The clock shows the picture."
          : "The clock is there and shows something else.";
        spoke.resolve();
      } else if (heard === null) {
        const device = readDevice(payload);
        if (device === null) return;
        heard = `The clock is there (AWTRIX ${device.version}).`;
        spoke.resolve();
      }
    },
  });
  try {
    await within(CONNECT_MS, up.promise, effects);
    if (!link.isUp()) return unreachable(config.url, link);
    const said = [`${config.url} is a broker that lets us in.`];
    await link.publish(toClock(`${prefix}/settings`, JSON.stringify(settingsBody(config.brightness))));
    const sent = await link.publish(toClock(`${prefix}/notify`, JSON.stringify(cardBody(frame))));
    said.push(sent.kind === "taken" ? "It took the picture." : "It did not take the picture.");
    const cancel = effects.setTimer(SLIDE_MS, () => void link.publish(toClock(`${prefix}/sendscreen`, "")));
    await within(SPEAK_MS, spoke.promise, effects);
    cancel();
    const silence = `Nothing spoke under the prefix ${prefix} for ${SPEAK_MS / 1000} seconds: is the prefix the clock's own, and is the clock on?`;
    return { isProven: heard !== null, said: [...said, heard ?? silence] };
  } finally {
    await link.close([]);
  }
}

function toClock(topic: string, payload: string) {
  return { topic, payload, qos: 1, retain: false } as const;
}

function unreachable(url: string, link: MqttLink): Proof {
  return { isProven: false, said: [`${url}: ${link.trouble() ?? "the broker did not answer in time"}.`] };
}

/** A matrix rounds colors, so only what is lit is compared. */
function isSame(payload: string, frame: Picture): boolean {
  let screen: unknown;
  try {
    screen = JSON.parse(payload);
  } catch {
    return false; // something else publishes there
  }
  if (!Array.isArray(screen) || screen.length !== frame.length) return false;
  const same = frame.filter((color, at) => (color === 0) === (screen[at] === 0)).length;
  return same >= frame.length * 0.95;
}

async function proveHomeAssistant(config: HomeAssistantConfig, login: Login, effects: DisplayEffects): Promise<Proof> {
  const up = Promise.withResolvers<void>();
  const topics = homeAssistantTopics(config);
  const link = createMqttLink({
    url: config.url,
    login,
    effects,
    name: `${config.name}-test`,
    statusTopic: null,
    subscriptions: [],
    packetBytesMax: null,
    onUp: up.resolve,
    onMessage: () => undefined,
  });
  try {
    await within(CONNECT_MS, up.promise, effects);
    if (!link.isUp()) return unreachable(config.url, link);
    const sent = await link.publish({ topic: `${topics.status}/test`, payload: "hello", qos: 1, retain: false });
    const isProven = sent.kind === "taken";
    const said = isProven ? "It acknowledged a message." : "It did not acknowledge a message.";
    return {
      isProven,
      said: [
        `${config.url} is a broker that lets us in.`,
        said,
        `A running gateway announces itself on ${topics.discovery}.`,
      ],
    };
  } finally {
    await link.close([]);
  }
}
