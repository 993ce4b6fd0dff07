// Bytes in a body: clients spell base64 in several ways, and every vendor but one takes the standard way alone.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { standardBase64 } from "../../src/protocols/shared/base64.ts";
import type { JsonObject } from "../../src/std/json.ts";
import { ALL, speaking, toLane } from "../harness/crossing.ts";

const BYTES = Buffer.from(
  Uint8Array.from({ length: 58 }, (_, index) => (index < 2 ? 255 - index : (index * 83) % 256)),
);
const STANDARD = BYTES.toString("base64");
const SPELLINGS: Readonly<Record<string, string>> = {
  "URL-safe, without padding": BYTES.toString("base64url"),
  "URL-safe, padded": STANDARD.replaceAll("+", "-").replaceAll("/", "_"),
  "without padding": STANDARD.replace(/=+$/, ""),
  "in lines": STANDARD.replace(/.{20}/g, "$&\r\n"),
  "escaped as in an address": STANDARD.replaceAll("+", "%2B").replaceAll("/", "%2F").replaceAll("=", "%3D"),
};

/** A turn of each protocol's clients that holds the bytes as an image, a document or sound; undefined: it has no such part. */
const CLIENTS: Readonly<Record<string, (data: string) => Readonly<Record<string, JsonObject>>>> = {
  gemini: (data) => ({
    image: inGemini([{ inlineData: { mimeType: "image/png", data } }]),
    document: inGemini([{ inlineData: { mimeType: "application/pdf", data } }]),
    audio: inGemini([{ inlineData: { mimeType: "audio/wav", data } }]),
  }),
  openai: (data) => ({
    image: inMessages([{ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }]),
    document: inMessages([
      { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` } },
    ]),
    audio: inMessages([{ type: "input_audio", input_audio: { data, format: "wav" } }]),
  }),
  anthropic: (data) => ({
    image: inMessages([{ type: "image", source: { type: "base64", media_type: "image/png", data } }]),
    document: inMessages([{ type: "document", source: { type: "base64", media_type: "application/pdf", data } }]),
  }),
  responses: (data) => ({
    image: inInput([{ type: "input_image", image_url: `data:image/png;base64,${data}` }]),
    document: inInput([{ type: "input_file", filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` }]),
  }),
  bedrock: (data) => ({
    image: inConverse([{ image: { format: "png", source: { bytes: data } } }]),
    document: inConverse([{ document: { format: "pdf", name: "a", source: { bytes: data } } }]),
    audio: inConverse([{ audio: { format: "wav", source: { bytes: data } } }]),
  }),
  cohere: (data) => ({
    image: inMessages([{ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }]),
  }),
};

const IDS = ALL.map(({ id }) => id);

describe.each(Object.entries(CLIENTS))("a client of %s", (client, bodies) => {
  for (const [spelling, data] of Object.entries(SPELLINGS)) {
    for (const [kind, body] of Object.entries(bodies(data))) {
      test.each(IDS.filter((id) => id !== client))(`${kind}, ${spelling}, at %s`, (lane) => {
        const sent = toLane(client, lane, body);
        const isDropped = sent.losses.some(({ how, field }) => how === "dropped" && /content\[0\]$/.test(field));
        expect(sent.text.includes(STANDARD)).toBe(!isDropped);
        expect(sent.text.replaceAll(STANDARD, "").includes(data)).toBe(false);
      });

      test(`${kind}, ${spelling}, goes back to its own protocol as it came`, () => {
        expect(toLane(client, client, body).text).toContain(JSON.stringify(data).slice(1, -1));
      });
    }
  }
});

test("media of a tool's result likewise, and a signature stays as it is", () => {
  const data = SPELLINGS["URL-safe, padded"] ?? "";
  const body = {
    contents: [
      { role: "user", parts: [{ text: "?" }] },
      { role: "model", parts: [{ functionCall: { id: "c", name: "look", args: {} }, thoughtSignature: data }] },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: "c",
              name: "look",
              response: { output: "x" },
              parts: [{ inlineData: { mimeType: "image/png", data } }],
            },
          },
        ],
      },
    ],
  };
  for (const lane of ["anthropic", "openai", "responses", "bedrock"]) {
    const { text } = toLane("gemini", lane, body);
    expect(text.includes(STANDARD)).toBe(true);
  }
  expect(toLane("gemini", "gemini", body).text.split(data).length - 1).toBe(2);
});

test("any bytes in any spelling are the same bytes, and what is no base64 stays as it is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), fc.boolean(), (bytes, isUrl, isBare) => {
      const standard = Buffer.from(bytes).toString("base64");
      const safe = isUrl ? standard.replaceAll("+", "-").replaceAll("/", "_") : standard;
      expect(standardBase64(isBare ? safe.replace(/=+$/, "") : safe)).toBe(standard);
    }),
  );
  for (const odd of ["A", "not base64!", "data:image/png;base64,AAAA", "ä", "%zz"])
    expect(standardBase64(odd)).toBe(odd);
});

test("a JPEG in the URL-safe alphabet is known by its first bytes", () => {
  const data = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1]).toString("base64url");
  const body = { model: "m", ...inGemini([{ inlineData: { mimeType: "image/jpg", data } }]) };
  expect(toLane("gemini", "anthropic", body).text).toContain('"media_type":"image/jpeg"');
  expect(speaking("gemini").id).toBe("gemini");
});

function inGemini(parts: readonly JsonObject[]): JsonObject {
  return { contents: [{ role: "user", parts: [...parts, { text: "?" }] }] };
}

function inMessages(content: readonly JsonObject[]): JsonObject {
  return {
    model: "m",
    max_tokens: 9,
    messages: [{ role: "user", content: [...content, { type: "text", text: "?" }] }],
  };
}

function inInput(content: readonly JsonObject[]): JsonObject {
  return { model: "m", input: [{ role: "user", content: [...content, { type: "input_text", text: "?" }] }] };
}

function inConverse(content: readonly JsonObject[]): JsonObject {
  return { messages: [{ role: "user", content: [...content, { text: "?" }] }] };
}
