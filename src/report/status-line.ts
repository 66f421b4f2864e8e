/** One line at the end of a terminal that says what is being done; it goes when something is printed, and comes again below. */
import cliTruncate from 'cli-truncate';
import { signs, styleOf } from './style.ts';
import { cleanLine } from './text.ts';
import type { Write } from './reporter.ts';

const eraseLine = '\r\u001B[K';

export class StatusLine {
  readonly #terminal: {
    readonly isTerminal: boolean;
    readonly width: number;
    readonly colour: boolean;
    readonly write: Write;
  };
  readonly #doing = new Map<string, string>();

  /** Where this is no terminal, nothing is ever shown. */
  constructor(terminal: {
    readonly isTerminal: boolean;
    readonly width: number;
    readonly colour: boolean;
    readonly write: Write;
  }) {
    this.#terminal = terminal;
  }

  /** What is being done to this image; undefined: nothing any more. */
  set(image: string, what: string | undefined): void {
    this.above(() => {
      if (what === undefined) this.#doing.delete(image);
      else this.#doing.set(image, what);
    });
  }

  /** Prints something above the line. */
  above(print: () => void): void {
    if (!this.#terminal.isTerminal) return print();
    if (this.#doing.size > 0) this.#terminal.write(eraseLine);
    print();
    const [first, ...rest] = this.#doing;
    if (first === undefined) return;
    const [image, what] = first;
    const named = this.#doing.size === 1 ? what : `${image}: ${what} (and ${rest.length} more)`;
    const { width, colour, write } = this.#terminal;
    write(styleOf(colour).dim(cliTruncate(`  ${signs.running} ${cleanLine(named)}`, width - 1)));
  }
}
