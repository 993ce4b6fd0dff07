/**
 * Frames by which a lane only says that it is there: pings, and chunks that are empty. No vendor's name for them is
 * needed. Such a frame holds nothing of the answer, and repeats the one before it; only numbers in it may change.
 */

/** Asked for every frame that holds nothing of the answer; true: it says nothing new. */
type IdleWatch = (data: string) => boolean;

export function createIdleWatch(): IdleWatch {
  let before = "";
  return (data) => {
    const isRepeat = data === before || (isAlike(data, before) && withoutNumbers(data) === withoutNumbers(before));
    before = data;
    return isRepeat;
  };
}

/** Longer ones are no pings. */
const IDLE_CHARS_MAX = 1_024;
/** A counter grows by a digit, and a number may be left out. */
const LENGTHS_APART_MAX = 24;

function isAlike(data: string, before: string): boolean {
  return data.length <= IDLE_CHARS_MAX && Math.abs(data.length - before.length) <= LENGTHS_APART_MAX;
}

function withoutNumbers(data: string): string {
  return data.replaceAll(/[0-9]+/g, "");
}
