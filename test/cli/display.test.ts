/** `ringmain display` as somebody types it: previews in the terminal and in a file, and what is said of a wrong word. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { display } from "../../src/cli/display.ts";
import { LAYOUT_IDS, PALETTE_IDS } from "../../src/known.ts";
import { captured } from "./captured.ts";

const folder = mkdtempSync(join(tmpdir(), "ringmain-display-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  return captured({ env: { ACME_KEY: "test-key-1" }, cwd: folder }, (io) => display(args, io));
}

describe("preview", () => {
  test("draws every layout in letters where there is no terminal", async () => {
    const { code, out, err } = await run("preview");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const layout of LAYOUT_IDS) expect(out).toContain(`${layout}, ember_whimsy, busy, page 1 of `);
    expect(out.split("\n").filter((line) => /^[.#A-Za-z*]{32}$/.test(line)).length % 8).toBe(0);
  });

  test("draws the one that is asked for, in true color", async () => {
    const { out } = await run("preview", "--layout", "alerts", "--palette", "traffic", "--state", "hot", "--color");
    expect(out.match(/page \d of 3/g)).toHaveLength(3);
    expect(out).toContain("\u001b[48;2;224;120;104m"); // the hot color of that palette, #E07868
  });

  test.each(PALETTE_IDS)("writes a picture in %s", async (palette) => {
    const { code, out } = await run("preview", "--palette", palette, "--png", "clock.png", "--scale", "8");
    expect({ code, out }).toEqual({ code: 0, out: "clock.png\n" });
    const png = readFileSync(join(folder, "clock.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    // As many columns as the longest carousel has pages, and a row for each layout.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([5 * (256 + 8) + 8, 4 * (64 + 8) + 8]);
  });

  test("says it when the file cannot be written", async () => {
    const { code, err } = await run("preview", "--png", "nowhere/clock.png");
    expect([code, err]).toEqual([1, "nowhere/clock.png cannot be written (ENOENT).\n"]);
  });
});

test.each([
  [["preview", "--layout", "x"], "--layout must be one of provider_dashboard"],
  [["preview", "--palette", "x"], "--palette must be one of ember_whimsy"],
  [["preview", "--state", "x"], "--state must be one of quiet"],
  [["preview", "--scale", "0"], "--scale must be a whole number from 1 to 64"],
  [["preview", "--what"], '"--what" is not understood here'],
  [["show"], 'There is no display "show": preview, test or list.'],
  [[], "display needs a word after it"],
])("%j is wrong usage", async (args, said) => {
  const { code, err } = await run(...args);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});

test("help is help", async () => {
  const { code, out } = await run("--help");
  expect([code, out.startsWith("Usage: ringmain display preview")]).toEqual([0, true]);
});

describe("with a configuration", () => {
  const base =
    'providers: { acme: { protocol: openai, base_url: "https://x.invalid", api_key_env: ACME_KEY } }\nmodels: { m: { provider: acme } }\n';
  const write = (more: string) => writeFileSync(join(folder, "config.yaml"), `${base}${more}`);

  test("without a display there is nothing to list or test", async () => {
    write("");
    expect(await run("list", "--config", join(folder, "config.yaml"))).toMatchObject({
      code: 0,
      out: "The configuration has no displays.\n",
    });
    expect(await run("test", "--config", join(folder, "config.yaml"))).toMatchObject({
      code: 1,
      err: "The configuration has no displays.\n",
    });
  });

  test("a name that is nobody's is said", async () => {
    write('displays: [{ type: home_assistant, name: ha, url: "mqtt://b.invalid" }]\n');
    const { code, err } = await run("test", "desk", "--config", join(folder, "config.yaml"));
    expect([code, err]).toEqual([1, "There is no display desk; known are ha.\n"]);
  });

  test("a mistake in it is said, and nothing is tried", async () => {
    write("displays: [{ type: awtrix, name: desk }]\n");
    const { code, err } = await run("list", "--config", join(folder, "config.yaml"));
    expect([code, err]).toEqual([1, expect.stringContaining("displays[0]: has no url")]);
  });
});
