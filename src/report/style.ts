/** Colours and signs of the displays. With colour off every function is the identity. */
import { styleText } from '../core/node-util.ts';

export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly accent: (text: string) => string;
}

type Format = Parameters<typeof styleText>[0];

/** How texts are painted; without colour they stay as they are. */
export function styleOf(colour: boolean): Style {
  const paint =
    (format: Format) =>
    (text: string): string =>
      // The decision is the caller's (NO_COLOR, a pipe): styleText shall not look at a stream itself.
      colour ? styleText(format, text, { validateStream: false }) : text;
  return {
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    dim: paint('dim'),
    bold: paint('bold'),
    accent: paint('cyan'),
  };
}

/** One sign an outcome; all are one column wide. */
export const signs = {
  done: '✓',
  failed: '✗',
  running: '●',
  waiting: '○',
  blocked: '–',
  reused: '·',
  remark: '!',
  waived: '~',
} as const;
