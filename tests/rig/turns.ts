/**
 * How much is done at once: a few always, and more while this machine has a processor to spare. What mostly waits
 * leaves one idle, which a fixed number cannot know of. It knows nothing of what is done.
 */
import { readFileSync } from 'node:fs';

export interface TurnsOptions {
  /** So many run whatever else the machine does. */
  readonly atLeast: number;
  readonly atMost: number;
  /** The share of its processors that the machine has spare now, from 0 to 1. */
  readonly spare?: () => number;
}

/** A processor of two that is hardly used. What has just begun has to be seen at work before the next is let in. */
const enoughSpare = 0.3;
const lookMs = 1000;

export class Turns {
  readonly #options: Required<TurnsOptions>;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TurnsOptions) {
    this.#options = { spare: spareSinceAsked(), ...options };
  }

  /** First come, first served. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push(start);
      this.#admit(this.#options.atLeast);
    });
    try {
      return await action();
    } finally {
      this.#running -= 1;
      this.#admit(this.#options.atLeast);
    }
  }

  #admit(most: number): void {
    while (this.#running < most) {
      const start = this.#waiting.shift();
      if (start === undefined) break;
      this.#running += 1;
      start();
    }
    if (this.#waiting.length > 0) {
      this.#timer ??= setInterval(() => this.#look(), lookMs);
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const spare = this.#options.spare();
    if (spare < enoughSpare || this.#running >= this.#options.atMost) return;
    this.#admit(this.#running + 1);
  }
}

/** A witness of this machine: what was idle since it was asked last. Where the system does not tell, nothing is spare. */
function spareSinceAsked(): () => number {
  let before = ticks();
  return () => {
    const now = ticks();
    const [idle, all] = [now.idle - before.idle, now.all - before.all];
    before = now;
    return all > 0 ? idle / all : 0;
  };
}

function ticks(): { readonly idle: number; readonly all: number } {
  try {
    return ticksIn(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return { idle: 0, all: 0 };
  }
}

/** Of all processors since the machine's start, by `/proc/stat`: who waits for a disk is not idle. */
export function ticksIn(stat: string): { readonly idle: number; readonly all: number } {
  const numbers = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  // The last two, guests' time, are in the first two already.
  return { idle: numbers[3] ?? 0, all: numbers.slice(0, 8).reduce((sum, each) => sum + each, 0) };
}
