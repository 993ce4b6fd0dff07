/** Patterns in which `*` stands for any text, the empty one too. */

const STAR = "*";

/** Whole text against whole pattern, in time of their product at most, whatever either holds. */
export function fitsPattern(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  /** After the last star: where the pattern goes on, and how much of the text that star has taken. */
  let afterStar = -1;
  let taken = 0;
  while (inText < text.length) {
    if (pattern[inPattern] === STAR) {
      inPattern += 1;
      afterStar = inPattern;
      taken = inText;
    } else if (pattern[inPattern] === text[inText]) {
      inPattern += 1;
      inText += 1;
    } else if (afterStar >= 0) {
      taken += 1;
      inPattern = afterStar;
      inText = taken;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === STAR) inPattern += 1;
  return inPattern === pattern.length;
}
