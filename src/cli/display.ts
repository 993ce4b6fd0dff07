/** `ringmain display`: what a clock shows, drawn here; whether one can be reached; and how those of the configuration are. */
import type { CliIo } from "./io.ts";
import { EXIT } from "./text.ts";

export const DISPLAY_USAGE = `Usage: ringmain display preview [--layout L] [--palette P] [--state S] [--png FILE] [--scale N] [--letters]
       ringmain display test [NAME] [--config FILE] [--providers FILE]
       ringmain display list [--config FILE] [--providers FILE] [--url URL]

preview  draws what a clock shows, in true color, without a clock; all layouts unless one is named
         --layout   provider_dashboard, quota_carousel, burn_status, alerts
         --palette  ember_whimsy, mercury, traffic, monochrome, rainbow
         --state    quiet, busy, unpriced, hot, down, exhausted
         --png      writes a picture instead; --scale N pixels for every lamp (16)
         --letters  letters instead of colors, as it does where there is no terminal
test     shows a test picture on the displays of the configuration, or on the one named, and says what they answered
list     the displays of the configuration, and how the running gateway stands with them
Exit code: 0 done, 1 something could not be done, 2 wrong usage.
`;

export async function display(args: readonly string[], io: CliIo): Promise<number> {
  const [word = "", ...rest] = args;
  switch (word) {
    case "preview":
      return (await import("./display-preview.ts")).displayPreview(rest, io);
    case "test":
      return (await import("./display-test.ts")).displayTest(rest, io);
    case "list":
      return (await import("./display-list.ts")).displayList(rest, io);
    case "--help":
    case "-h":
      io.out(DISPLAY_USAGE);
      return EXIT.fine;
    default:
      io.err(
        `${word === "" ? "display needs a word after it" : `There is no display ${JSON.stringify(word)}`}: preview, test or list.\n\n${DISPLAY_USAGE}`,
      );
      return EXIT.usage;
  }
}
