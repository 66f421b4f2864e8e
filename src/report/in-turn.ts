/** Several reports on one screen: each is shown whole, in the order in which they were asked for, the first as it comes. */
import type { Write } from './reporter.ts';

interface Page {
  readonly waiting: string[];
  ended: boolean;
}

export class InTurn {
  readonly #write: Write;
  readonly #pages: Page[] = [];

  constructor(write: Write) {
    this.#write = write;
  }

  /** A report's own way to the screen: behind those that were asked for before. `end` lets the next one on. */
  page(): { readonly write: Write; end(): void } {
    const page: Page = { waiting: [], ended: false };
    this.#pages.push(page);
    return {
      write: (text) => {
        page.waiting.push(text);
        this.#show();
      },
      end: () => {
        page.ended = true;
        this.#show();
      },
    };
  }

  #show(): void {
    for (let first = this.#pages[0]; first !== undefined; first = this.#pages[0]) {
      for (const text of first.waiting.splice(0)) this.#write(text);
      if (!first.ended) return;
      this.#pages.shift();
    }
  }
}
