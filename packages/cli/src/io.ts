/** The outside world as commands see it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whether standard output is a terminal that shows colors. */
  readonly color: boolean;
}
