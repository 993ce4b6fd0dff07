/** A secret is shown by nothing but `reveal`. */
import { expect, test } from "bun:test";
import { Secret } from "../../src/std/secret.ts";

const CANARY = "test-key-canary-1";
const secret = new Secret(CANARY);

const leaks: [string, () => unknown][] = [
  ["a template", () => `${secret}`],
  ["joining", () => [secret, secret].join()],
  ["String", () => String(secret)],
  ["toLocaleString", () => secret.toLocaleString()],
  ["JSON", () => JSON.stringify({ secret, list: [secret] })],
  ["inspect", () => Bun.inspect({ secret, nested: { list: [secret] } })],
  ["inspect of a map", () => Bun.inspect(new Map([[secret, secret]]))],
  ["a table", () => Bun.inspect.table([{ secret }])],
  ["spread", () => JSON.stringify({ ...secret })],
  ["Object.assign", () => Bun.inspect(Object.assign({}, secret))],
  ["own properties", () => Bun.inspect([Reflect.ownKeys(secret), Object.entries(secret)])],
  ["structuredClone", () => Bun.inspect(structuredClone(secret)) + JSON.stringify(structuredClone(secret))],
  ["an error's cause", () => Bun.inspect(new Error("failed", { cause: secret }))],
];
test.each(leaks)("%s", (_what, show) => {
  const shown = show();
  expect(typeof shown).toBe("string");
  expect(shown).not.toContain("canary");
});

test("it says what it is where it is shown", () => {
  expect(`${secret}`).toBe("[secret]");
  expect(JSON.stringify([secret])).toBe('["[secret]"]');
  expect(Bun.inspect(secret)).toBe("[secret]");
});

test("the console prints no secret", () => {
  const run = Bun.spawnSync({
    cmd: [
      process.execPath,
      "-e",
      `import { Secret } from ${JSON.stringify(`${import.meta.dir}/../../src/std/secret.ts`)};
       const secret = new Secret(process.argv.at(-1));
       for (const print of ["log", "info", "warn", "error", "debug"]) console[print](secret, { secret }, [secret]);
       console.dir(secret);
       console.table([{ secret }]);
       console.log("%s %o %O %j", secret, secret, secret, secret);
       throw new Error("last words", { cause: { secret } });`,
      CANARY,
    ],
    stdout: "pipe",
    stderr: "pipe",
  });
  const printed = `${run.stdout}${run.stderr}`;
  expect(printed).toContain("last words");
  expect(printed).toContain("[secret]");
  expect(printed).not.toContain("canary");
});

test("reveal gives the text exactly; from drops the white space around it", () => {
  expect(secret.reveal()).toBe(CANARY);
  expect(new Secret(" a\n").reveal()).toBe(" a\n");
  expect(Secret.from(" \ttest-key-1\r\n").reveal()).toBe("test-key-1");
  expect(Secret.from("inner space kept").reveal()).toBe("inner space kept");
});

test.each([
  [
    "an echoed key",
    "test-key-123456",
    'Incorrect key: "test-key-123456" (test-key-123456)',
    'Incorrect key: "[secret]" ([secret])',
  ],
  ["a key in base64", "test-key-123456", "Key dGVzdC1rZXktMTIzNDU2.", "Key [secret]."],
  [
    "a key in base64 behind its scheme",
    "test-key-123456",
    `sent ${btoa("Bearer test-key-123456")}`,
    "sent QmVhcmVyIH[secret]g==",
  ],
  ["a key in base64 behind a name", "test-key-123456", `sent ${btoa("me:test-key-123456!")}`, "sent bWU6[secret]IQ=="],
  ["a key as in a URL", "test/key+123456", "?key=test%2Fkey%2B123456", "?key=[secret]"],
  ["nothing to mask", "test-key-123456", "Incorrect key.", "Incorrect key."],
  ["text that is not UTF-8", "test-key-123456", "\u00ff test-key-123456", "\u00ff [secret]"],
  ["a secret as short as a word", "the", "the key", "the key"],
])("%s in bytes", (_name, secret, given, masked) => {
  const bytes = Buffer.from(given, "latin1");
  expect(Buffer.from(new Secret(secret).maskedIn(bytes)).toString("latin1")).toBe(masked);
  expect(bytes.toString("latin1")).toBe(given);
});
