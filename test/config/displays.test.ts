/** Displays: what `check` says of each mistake, and what a display becomes where nothing is said. */
import { describe, expect, test } from "bun:test";
import { ALERT_IDS as ALERTS_DRAWN } from "../../src/displays/alerts.ts";
import { LAYOUT_IDS as LAYOUTS_DRAWN } from "../../src/displays/awtrix/pages.ts";
import { PALETTES } from "../../src/displays/awtrix/palettes.ts";
import { ALERT_IDS, LAYOUT_IDS, PALETTE_IDS } from "../../src/known.ts";
import { BASE, brief, deploy, load } from "./harness.ts";

const CLOCK = 'type: awtrix, name: desk, url: "mqtt://broker.lan:1883", prefix: awtrix_1';
const HTTP = 'type: awtrix, name: desk, transport: http, url: "http://192.168.1.7"';
const HOME = 'type: home_assistant, name: ha, url: "mqtt://10.0.0.2"';
const of = (...displays: string[]) => `${BASE}displays: [${displays.map((each) => `{ ${each} }`).join(", ")}]\n`;
const FILES: Readonly<Record<string, string>> = {
  "/etc/ringmain/ca.pem": "-----BEGIN CERTIFICATE-----\n",
  "/etc/ringmain/pass": "pw-1\n",
};
const said = (...displays: string[]) =>
  load(of(...displays), { env: { ACME_KEY: "k", BETA_KEY: "k", PASS: "pw" }, files: FILES }).problems.map(brief);

test("the ids that may be written are those that are drawn", () => {
  expect(LAYOUT_IDS).toEqual(LAYOUTS_DRAWN);
  expect<string[]>([...PALETTE_IDS]).toEqual(Object.keys(PALETTES));
  expect(ALERT_IDS).toEqual(ALERTS_DRAWN);
});

describe("nothing is said of", () => {
  test.each([
    ["a clock behind a broker of the local network", CLOCK],
    ["a clock at an address of the local network", HTTP],
    ["Home Assistant", HOME],
    ["a login by variable", `${CLOCK}, username: me, password_env: PASS`],
    ["a login by file, and a private authority", `${HOME}, username: me, password_file: pass, ca_file: ca.pem`],
    ["hours past midnight", `${CLOCK}, quiet_hours: { from: "23:00", to: "7:05", timezone: Europe/Berlin }`],
    ["a filter", `${CLOCK}, providers: [acme]`],
  ])("%s", (_, display) => expect(said(display)).toEqual([]));
});

describe("a mistake is said", () => {
  const rows: readonly [display: string, problem: string][] = [
    [
      "type: awtrix, name: desk, prefix: p",
      "error displays[0]: has no url; write one such as mqtt://broker.example:1883",
    ],
    [`type: awtrix, name: desk, url: "mqtt://b"`, "error displays[0]: has no prefix"],
    [`${CLOCK.replace("mqtt:", "http:")}`, "error displays[0].url: must be a URL such as mqtt://"],
    [`${HTTP.replace("http:", "mqtt:")}`, "error displays[0].url: must be a URL such as http://"],
    [`${CLOCK.replace("broker", "me:pw@broker")}`, "error displays[0].url: holds a user name"],
    [`${CLOCK.replace(":1883", ":1883/x")}`, "error displays[0].url: must end with the host and port"],
    [`${CLOCK.replace("desk", '"my desk"')}`, "error displays[0].name: must be letters"],
    [`${CLOCK.replace("awtrix_1", '"a/#"')}`, "error displays[0].prefix: must be a topic"],
    [`${CLOCK}, discovery_prefix: x`, "error displays[0].discovery_prefix: means nothing for type awtrix"],
    [`${HOME}, brightness: 20`, "error displays[0].brightness: means nothing for type home_assistant"],
    [`${HOME}, transport: http`, "error displays[0].transport: means nothing for type home_assistant"],
    [`${HTTP}, prefix: x`, "error displays[0].prefix: means nothing over http"],
    [`${CLOCK}, app: "a b"`, "error displays[0].app: must be letters"],
    [`${CLOCK}, layouts: [quota_carusel]`, "error displays[0].layouts[0]: must be one of"],
    [`${CLOCK}, palette: ember`, "error displays[0].palette: must be one of"],
    [`${CLOCK}, mute: [all]`, "error displays[0].mute[0]: must be one of"],
    [`${CLOCK}, page_secs: 2`, "error displays[0].page_secs: must be at least 3"],
    [`${CLOCK}, brightness: 255`, "warning displays[0].brightness: is outside of what is legible and safe"],
    [`${CLOCK}, providers: [acmee]`, 'error displays[0].providers[0]: is no configured provider; did you mean "acme"'],
    [`${CLOCK}, password_env: PASS`, "error displays[0]: has a password and no username"],
    [`${CLOCK}, username: a, username_env: PASS`, "error displays[0]: has more than one of username"],
    [
      `${CLOCK}, username: a, password_env: NOT_SET`,
      "warning displays[0].password_env: the variable NOT_SET is not set",
    ],
    [`${CLOCK}, ca_file: gone.pem`, "error displays[0].ca_file: names a file that cannot be read"],
    [`${CLOCK}, ca_file: pass`, "error displays[0].ca_file: names a file without a PEM"],
    [
      `${CLOCK}, quiet_hours: { from: "25:00", to: "7:00" }`,
      "error displays[0].quiet_hours.from: must be a time of day",
    ],
    [`${CLOCK}, quiet_hours: { from: "7:00", to: "7:00" }`, "error displays[0].quiet_hours.to: is the same time"],
    [
      `${CLOCK}, quiet_hours: { from: "1:00", to: "7:00", timezone: Europe/Atlantis }`,
      "error displays[0].quiet_hours.timezone: is no name",
    ],
  ];
  test.each(rows)("%s", (display, problem) => {
    const problems = said(display);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith(problem);
  });

  test("of two displays with one name", () => {
    expect(said(CLOCK, `${HOME.replace("name: ha", "name: desk")}`)[0]).toStartWith(
      "error displays[1].name: is the name",
    );
  });

  test("of two apps of which the clock would remove both with one", () => {
    const other = CLOCK.replace("desk", "desk2");
    expect(said(CLOCK, `${other}, app: ringmain2`)[0]).toStartWith("error displays[1].app: begins like the app");
    expect(said(CLOCK, `${other}, app: team`)).toEqual([]);
    expect(said(CLOCK, `${other.replace("awtrix_1", "awtrix_2")}, app: ringmain2`)).toEqual([]);
  });
});

test("what is not said is filled in, and secrets stay references", () => {
  const config = of(`${CLOCK}, brightness: 200, username: me, password_env: PASS`, `${HOME}, update_secs: 60`);
  const { displays } = deploy(config, { env: { ACME_KEY: "k", BETA_KEY: "k", PASS: "pw-canary" } });
  expect(displays).toEqual([
    {
      type: "awtrix",
      name: "desk",
      transport: "mqtt",
      url: "mqtt://broker.lan:1883",
      username: { kind: "template", text: "me" },
      password: { kind: "env", name: "PASS" },
      caFile: null,
      updateMs: 5_000,
      providers: [],
      prefix: "awtrix_1",
      app: "ringmain",
      layouts: [...LAYOUT_IDS],
      palette: "ember_whimsy",
      pageMs: 7_000,
      brightness: 96,
      scrollSpeed: 100,
      quietHours: null,
      alerts: { burnShare: 0.85, minIntervalMs: 60_000, mute: [] },
    },
    {
      type: "home_assistant",
      name: "ha",
      url: "mqtt://10.0.0.2",
      username: null,
      password: null,
      caFile: null,
      updateMs: 60_000,
      providers: [],
      discoveryPrefix: "homeassistant",
    },
  ]);
  expect(JSON.stringify(displays)).not.toContain("pw-canary");
});
