/** What a command may touch of the process that runs it, so that commands run in tests as they do in a terminal. */
export interface CliIo {
  /** Results. Text as given: the line end is the caller's. */
  out(text: string): void;
  /** Complaints, and what is not the result. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths start from. */
  readonly cwd: string;
  /** Milliseconds since 1970; absent: the command needs no clock. */
  readonly now?: () => number;
  /** Asks a server on this machine, within a bound; null: nothing answers. Absent: none is asked. */
  readonly getLocal?: (url: string) => Promise<string | null>;
}
