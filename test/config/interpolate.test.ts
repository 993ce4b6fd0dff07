/** References to the environment: what they become, what they can never become, and where they are looked for. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in plain text are what is tested here
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { interpolate } from "../../src/config/interpolate.ts";
import { brief, deploy, load } from "./harness.ts";

const ENV: Readonly<Record<string, string>> = {
  A: "alpha",
  EMPTY: "",
  NESTED: "${A}",
  ODD: `"quotes" # hash: colon`,
  NEWLINE: "a\nb",
  RETURN: "a\rb",
  NUL: "a\0b",
  NEL: "a\u0085b",
  SEPARATOR: "a\u2028b",
  PARAGRAPH: "a\u2029b",
  DELETE: "a\u007fb",
};
const readEnv = (name: string) => (Object.hasOwn(ENV, name) ? ENV[name] : undefined);

describe("becomes", () => {
  test.each([
    ["plain", "plain"],
    ["${A}", "alpha"],
    ["x${A}y${A}z", "xalphayalphaz"],
    ["${EMPTY}", ""],
    ["${EMPTY:-other}", "other"],
    ["${NONE:-other}", "other"],
    ["${NONE:-}", ""],
    ["${NONE:-a:-b}", "a:-b"],
    ["${A:-other}", "alpha"],
    ["$${A}", "${A}"],
    ["$${A}${A}", "${A}alpha"],
    ["$${", "${"],
    ["$A and $", "$A and $"],
    ["$$A", "$$A"],
    ["{A}", "{A}"],
    ["${NESTED}", "${A}"],
    ["${ODD}", ENV["ODD"] ?? ""],
  ])("%s", (text, wanted) => expect(interpolate(text, readEnv)).toMatchObject({ kind: "text", text: wanted }));
});

describe("is refused", () => {
  test.each([
    ["${NONE}", "NONE, which is not set"],
    ["${}", "without a name"],
    ["${:-x}", "without a name"],
    ["${A", "without its closing brace"],
    ["a${", "without its closing brace"],
    ["${A B}", "no name of a variable"],
    ["${1A}", "no name of a variable"],
    ["${${A}}", "no name of a variable"],
    ...["NEWLINE", "RETURN", "NUL", "NEL", "SEPARATOR", "PARAGRAPH", "DELETE"].map((name) => [
      `\${${name}}`,
      "control character",
    ]),
    ["${A}".repeat(101), "more than 100"],
  ])("%s", (text = "", says = "") => {
    expect(interpolate(text, readEnv)).toEqual({ kind: "bad", reason: expect.stringContaining(says) });
  });
});

test("no value of any variable is in a complaint", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12, maxLength: 40 }), (value) => {
      const result = interpolate("${A}${B}", (name) => (name === "A" ? value : undefined));
      expect(result.kind === "bad" && !result.reason.includes(value)).toBe(true);
    }),
  );
});

const around = (token: string) =>
  `auth: { mode: token, client_tokens: [${token}] }\nproviders: { acme: { api_key_env: ACME_KEY } }\nmodels: { m: { provider: acme } }\n`;

describe("inside a file", () => {
  test("a comment is no place for a reference", () => {
    expect(load(`# \${NO_SUCH}\n${around("a")}`).problems).toEqual([]);
  });

  test("a value cannot become structure", () => {
    const env = { ACME_KEY: "k", T: "a, b]} # x" };
    const problems = load(around('"${T}"'), { env }).problems.map(brief);
    expect(problems).toEqual([expect.stringContaining("error auth.client_tokens[0]: has white space or a comma")]);
  });

  test("an unset variable is reported once, with its line", () => {
    const { problems } = load(`\n${around('"${NO_SUCH}"')}`);
    expect(problems).toMatchObject([
      { line: 2, path: "auth.client_tokens[0]", message: expect.stringContaining("NO_SUCH") },
    ]);
  });

  test("without quotes inside brackets it says what is missing", () => {
    expect(load(around("${TOKEN}")).problems).toMatchObject([
      { line: 1, message: 'needs quotes around its reference here: "${NAME}"' },
    ]);
  });

  test("a secret keeps its reference, everything else its value", () => {
    const text = `${around('"x-${TOKEN}"')}listen: "127.0.0.1:\${PORT}"\n`;
    const { auth, listen } = deploy(text, { env: { ACME_KEY: "k", TOKEN: "secret-1", PORT: "9000" } });
    expect(auth.clientTokens).toEqual([{ kind: "template", text: "x-${TOKEN}" }]);
    expect(listen).toEqual({ host: "127.0.0.1", port: 9000 });
  });

  test.each([
    ["max_concurrent: ${SLOTS}", 7],
    ['max_concurrent: "${SLOTS}"', 7],
    ["max_concurrent: ${NONE:-12}", 12],
  ])("a number may come out of one: %s", (line, max) => {
    const config = `providers:\n  acme: { api_key_env: ACME_KEY }\nmodels:\n  m:\n    provider: acme\n    ${line}\n`;
    expect(deploy(config).lanes["acme/default/m"]?.slots.max).toBe(max);
  });

  test.each(["'7'", "${A}", "${B}"])("text that is no number is not taken for one: %s", (written) => {
    const config = `providers:\n  acme: { api_key_env: ACME_KEY }\nmodels:\n  m:\n    provider: acme\n    max_concurrent: ${written}\n`;
    const { problems } = load(config, { env: { ACME_KEY: "k", A: "0x10", B: " 7" } });
    expect(problems.map(brief)).toEqual(["error models.m.max_concurrent: must be a number"]);
  });

  test("a boolean may come out of one", () => {
    expect(
      deploy(`${around("a")}listen: 0.0.0.0:1\nallow_open_relay: \${YES}\n`, { env: { ACME_KEY: "k", YES: "true" } })
        .listen.port,
    ).toBe(1);
  });

  test("a key is written out", () => {
    expect(load(`${around("a")}pools: { "\${TOKEN}": {} }\n`).problems).toMatchObject([
      { line: 4, message: expect.stringContaining("values only") },
    ]);
  });

  test("what a variable holds is shown in no problem, whatever is wrong with it", () => {
    const secret = "very-secret-value";
    const config = `listen: "\${S}"\nworkers: "\${S}"\nlog: { level: "\${S}" }\nauth: { mode: "\${S}" }\nproviders:\n  acme: { api_key_env: "\${S}", base_url: "http://\${S}", protocol: "\${S}", proxy: "\${S}" }\nmodels:\n  m: { provider: "\${S}", max_concurrent: "\${S}" }\npools:\n  p: { members: [{ target: "\${S}" }], on_exhausted: { action: "\${S}" }, affinity: { mode: "\${S}" } }\n`;
    const { problems } = load(config, { env: { S: secret } });
    expect(problems.length).toBeGreaterThan(8);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });
});
