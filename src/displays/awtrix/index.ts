/**
 * A clock on a desk: one app whose picture turns its pages by the wall clock, calls when something changes, nothing at
 * night. At most one picture a second; one that did not change is sent again only to keep it from disappearing.
 */
import type { AwtrixConfig } from "../../ir/display.ts";
import { type Alerts, createAlerts } from "../alerts.ts";
import { type DisplayEffects, type DisplayState, type Login, type RemoteDisplay, within } from "../display.ts";
import { isQuiet } from "../quiet-hours.ts";
import type { Snapshot } from "../snapshot.ts";
import { createAwtrixHttp } from "./http.ts";
import type { AwtrixLink, SendResult } from "./link.ts";
import { createAwtrixMqtt } from "./mqtt.ts";
import { LAYOUT_IDS, type LayoutId } from "./pages.ts";
import { alertBody, lifetimeSecs, paletteOf, pictureBody, settingsBody, wordsBody } from "./payload.ts";
import { type Rendered, type RenderOptions, render } from "./render.ts";

interface AwtrixOptions {
  readonly config: AwtrixConfig;
  readonly login: Login;
  readonly effects: DisplayEffects;
}

/** A little less than a second, because timers tremble. */
const PICTURE_MS_MIN = 950;
/** A clock that could not read a picture is sent words for this long. */
const WORDS_MS = 600_000;
/** Others change the brightness too, so ours is said again now and then. */
const SETTINGS_MS = 900_000;
/** What is under way at the end is waited for this long. */
const WORK_MS = 3_000;
/** Barely to be seen in a dark room. */
const QUIET_BRIGHTNESS = 1;

export function createAwtrixDisplay(options: AwtrixOptions): RemoteDisplay {
  const { config, login, effects } = options;
  const link =
    config.transport === "http"
      ? createAwtrixHttp({ url: config.url, login, effects })
      : createAwtrixMqtt({ name: config.name, url: config.url, prefix: config.prefix, login, effects });
  return createClock({ config, link, effects });
}

interface ClockOptions extends Omit<AwtrixOptions, "login"> {
  readonly link: AwtrixLink;
}

/** What the clock was told last, as far as it can be known. */
interface ClockState {
  epoch: number;
  /** null: nothing. */
  brightness: number | null;
  brightnessMs: number;
  /** The message; null: our app is not there. */
  picture: string | null;
  pictureMs: number;
  /** What the picture was made for: a page, and who was well. */
  occasion: string;
  /** When figures were looked at last. */
  lookedMs: number;
  wordsUntilMs: number;
}

interface Clock {
  readonly config: AwtrixConfig;
  readonly link: AwtrixLink;
  readonly effects: DisplayEffects;
  readonly alerts: Alerts;
  readonly renderOptions: RenderOptions;
  readonly last: ClockState;
  readonly counts: { shown: number; alerts: number; failures: number };
  shownWallMs: number | null;
  /** Why the clock did not want the last picture; null: it did. */
  refused: string | null;
  isNight: boolean;
  isClosed: boolean;
}

function createClock({ config, link, effects }: ClockOptions): RemoteDisplay {
  const clock: Clock = {
    config,
    link,
    effects,
    alerts: createAlerts({ ...config.alerts, providers: config.providers }),
    renderOptions: {
      layouts: config.layouts.flatMap((id): LayoutId[] => LAYOUT_IDS.filter((known) => known === id)),
      palette: paletteOf(config),
      pageMs: config.pageMs,
      providers: config.providers,
      burnShare: config.alerts.burnShare,
    },
    last: nothingSent(),
    counts: { shown: 0, alerts: 0, failures: 0 },
    shownWallMs: null,
    refused: null,
    isNight: false,
    isClosed: false,
  };
  let working: Promise<void> | null = null;
  return {
    show(snapshot) {
      if (working !== null || clock.isClosed) return; // the next snapshot is newer than this one
      working = work(clock, snapshot)
        .catch(() => {
          clock.counts.failures += 1;
        })
        .finally(() => {
          working = null;
        });
    },
    state: () => stateOf(clock),
    async close() {
      if (clock.isClosed) return;
      clock.isClosed = true;
      // A picture that is under way must not arrive after the end of our app.
      if (working !== null) await within(WORK_MS, working, effects);
      await link.close([{ kind: "custom", app: config.app, body: null }]);
    },
  };
}

async function work(clock: Clock, snapshot: Snapshot): Promise<void> {
  const { alerts, config, link, last } = clock;
  clock.isNight = isQuiet(config.quietHours, snapshot.wallMs);
  if (clock.isNight) alerts.skip(snapshot);
  if (!(await link.ready()) || clock.isClosed) return;
  if (last.epoch !== link.epoch()) {
    Object.assign(last, nothingSent(), { epoch: link.epoch(), wordsUntilMs: last.wordsUntilMs });
  }
  if (clock.isNight) return goQuiet(clock);
  // First what keeps a weak supply from failing, then what cannot wait, then the picture.
  if (!(await sendBrightness(clock, config.brightness)) || clock.isClosed) return;
  if (!(await sendAlert(clock, snapshot)) || clock.isClosed) return;
  await sendPicture(clock, snapshot);
}

/** Takes our app away and darkens the matrix, once. */
async function goQuiet(clock: Clock): Promise<void> {
  const { config, link, last } = clock;
  if (!(await sendBrightness(clock, QUIET_BRIGHTNESS)) || last.occasion === NIGHT) return;
  if (!handleSent(clock, await link.send({ kind: "custom", app: config.app, body: null }))) return;
  Object.assign(last, { picture: null, occasion: NIGHT });
}

async function sendBrightness(clock: Clock, brightness: number): Promise<boolean> {
  const { effects, link, last } = clock;
  const nowMs = effects.nowMs();
  if (last.brightness === brightness && nowMs - last.brightnessMs < SETTINGS_MS) return true;
  const isThere = handleSent(clock, await link.send({ kind: "settings", body: settingsBody(brightness) }));
  // One that refuses a setting is not asked again at once.
  if (isThere) Object.assign(last, { brightness, brightnessMs: nowMs });
  return isThere;
}

async function sendAlert(clock: Clock, snapshot: Snapshot): Promise<boolean> {
  const { alerts, config, counts, effects, link } = clock;
  const alert = alerts.step(snapshot, effects.nowMs());
  if (alert === null) return true;
  const sent = await link.send({ kind: "notify", body: alertBody(alert, config) });
  if (sent.kind === "taken") counts.alerts += 1;
  return handleSent(clock, sent);
}

async function sendPicture(clock: Clock, snapshot: Snapshot): Promise<void> {
  const { config, effects, link, last } = clock;
  const nowMs = effects.nowMs();
  if (nowMs - last.pictureMs < PICTURE_MS_MIN) return;
  const rendered = render(snapshot, clock.renderOptions);
  const occasion = occasionOf(rendered, snapshot);
  if (last.picture !== null && occasion === last.occasion && nowMs - last.lookedMs < config.updateMs) return;
  Object.assign(last, { lookedMs: nowMs, occasion });
  const isWords = nowMs < last.wordsUntilMs;
  const body = isWords ? wordsBody(rendered, config) : pictureBody(rendered, config);
  const picture = JSON.stringify(body);
  // Three times within its lifetime, so that one that is lost does no harm.
  if (picture === last.picture && nowMs - last.pictureMs < (lifetimeSecs(config) * 1_000) / 3) return;
  last.pictureMs = nowMs;
  const sent = await link.send({ kind: "custom", app: config.app, body });
  handleSent(clock, sent);
  last.picture = sent.kind === "taken" ? picture : null;
  if (sent.kind === "taken") {
    clock.shownWallMs = effects.wallMs();
    clock.counts.shown += 1;
    if (!isWords) clock.refused = null;
  } else if (!isWords && sent.kind !== "failed") last.wordsUntilMs = nowMs + WORDS_MS;
}

/** False: the link failed, and everything after it would too. */
function handleSent(clock: Clock, sent: SendResult): boolean {
  if (sent.kind === "taken") return true;
  clock.counts.failures += 1;
  if (sent.kind !== "failed") clock.refused = sent.kind === "too-large" ? "the picture is too large for it" : sent.why;
  return sent.kind !== "failed";
}

function stateOf({ config, link, counts, isNight, refused, shownWallMs }: Clock): DisplayState {
  const trouble = link.trouble();
  const device = link.device();
  const isUp = trouble === null && link.epoch() > 0;
  return {
    name: config.name,
    type: config.type,
    state: trouble !== null ? "down" : !isUp ? "connecting" : isNight ? "quiet" : "up",
    detail: trouble ?? refused ?? (device === null ? null : `AWTRIX ${device.version}`),
    shownWallMs,
    ...counts,
  };
}

const NIGHT = "night";

function nothingSent(): ClockState {
  return {
    epoch: 0,
    brightness: null,
    brightnessMs: 0,
    picture: null,
    pictureMs: Number.NEGATIVE_INFINITY,
    occasion: "",
    lookedMs: Number.NEGATIVE_INFINITY,
    wordsUntilMs: Number.NEGATIVE_INFINITY,
  };
}

/** A page that turns and a lane that fails do not wait for the next look at the figures. */
function occasionOf({ page, pages }: Rendered, snapshot: Snapshot): string {
  return [page, pages, ...snapshot.lanes.map((lane) => lane.label)].join(" ");
}
