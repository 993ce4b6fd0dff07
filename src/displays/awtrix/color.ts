/** Arithmetic of colours, each a number `0xRRGGBB`. */

/** 0 is black, 1 the color itself. */
export function dim(color: number, share: number): number {
  return mix(0, color, share);
}

/** 0 is the first color, 1 the second. */
export function mix(from: number, to: number, share: number): number {
  const channel = (shift: number): number => {
    const [low, high] = [(from >> shift) & 0xff, (to >> shift) & 0xff];
    return Math.round(low + (high - low) * share) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}

/** How bright a color looks, 0 to 1 (weights of ITU-R BT.601). */
export function luminance(color: number): number {
  return (0.299 * ((color >> 16) & 0xff) + 0.587 * ((color >> 8) & 0xff) + 0.114 * (color & 0xff)) / 255;
}

/** `#RRGGBB`. */
export function hexOf(color: number): string {
  return `#${color.toString(16).padStart(6, "0").toUpperCase()}`;
}
