// Log lines on their way out: gathered, in order, and bounded.
import { expect, test } from "bun:test";
import { createOutput } from "../../src/process/output.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";

test("log lines leave in batches, one write at a time, and none is lost in between", async () => {
  const time = createVirtualEffects();
  const written: string[] = [];
  let release: () => void = () => undefined;
  const output = createOutput({
    setTimer: time.setTimer,
    writeText(text) {
      written.push(text);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  });
  output.write("a\n");
  output.write("b\n");
  expect(written).toEqual([]);
  await time.run(50);
  expect(written).toEqual(["a\nb\n"]);
  output.write("c\n"); // while the first batch is being written
  await time.run(1_000);
  expect(written.length).toBe(1);
  release();
  await time.run(0);
  expect(written).toEqual(["a\nb\n", "c\n"]);
  release();
  await output.flushed();
  output.write("d\n");
  await time.run(50);
  expect(written.at(-1)).toBe("d\n");
});

test("a reader that is gone costs its lines, one that is stuck a bounded number of them", async () => {
  const time = createVirtualEffects();
  const gone = createOutput({ setTimer: time.setTimer, writeText: () => Promise.reject(new Error("EPIPE")) });
  gone.write("a\n");
  await gone.flushed();
  gone.write("b\n");
  await gone.flushed();

  const stuck = createOutput({ setTimer: time.setTimer, writeText: () => new Promise(() => undefined) });
  const line = "x".repeat(1024 * 1024);
  for (let count = 0; count < 4; count += 1) stuck.write(line);
  expect(() => stuck.write(line)).toThrow("too many");
});
