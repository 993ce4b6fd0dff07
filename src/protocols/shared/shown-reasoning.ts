/** How a client wants to see reasoning. `auto` asks for what the vendor shows anyway, so that leaving it out loses nothing. */

/** True for a wish that a vendor without such a setting does not fulfil. */
export function asksToShow(display: string | null): boolean {
  return display !== null && display !== "auto";
}
