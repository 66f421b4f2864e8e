/**
 * One image's log, of bounded size however much its build prints: the beginning goes straight to the disk, of the
 * rest the end is kept in memory until the build has ended. What lies between is left out, and said.
 */
import { appendFileSync } from 'node:fs';

export interface LogLimits {
  readonly headBytes: number;
  readonly tailBytes: number;
}

const mebibyte = 2 ** 20;
/** 64 MiB in all: more than anybody reads, and a hundred of them still fit any disk. */
const usualLimits: LogLimits = { headBytes: 63 * mebibyte, tailBytes: mebibyte };

export class CappedLog {
  readonly #file: string;
  readonly #limits: LogLimits;
  #written = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  #leftOut = 0;

  /** Creates nothing yet; `file` is appended to. */
  constructor(file: string, limits: LogLimits = usualLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  append(text: string): void {
    const bytes = Buffer.from(text);
    const head = bytes.subarray(0, this.#limits.headBytes - this.#written);
    if (head.length > 0) {
      appendFileSync(this.#file, head);
      this.#written += head.length;
    }
    if (head.length === bytes.length) return;
    this.#tail.push(bytes.subarray(head.length));
    this.#tailLength += bytes.length - head.length;
    // Trimmed only when it has doubled, so that each byte is copied a bounded number of times.
    if (this.#tailLength > 2 * this.#limits.tailBytes) this.#trim();
  }

  /** Writes what was kept of the end. Nothing may be appended afterwards. */
  end(): void {
    this.#trim();
    if (this.#leftOut > 0) appendFileSync(this.#file, `\n# … ${this.#leftOut} bytes are left out here …\n`);
    if (this.#tailLength > 0) appendFileSync(this.#file, Buffer.concat(this.#tail));
    this.#tail = [];
    this.#tailLength = 0;
  }

  #trim(): void {
    const excess = this.#tailLength - this.#limits.tailBytes;
    if (excess <= 0) return;
    this.#leftOut += excess;
    // A copy: a part of the joined buffer would keep all of it alive.
    this.#tail = [Buffer.from(Buffer.concat(this.#tail).subarray(excess))];
    this.#tailLength = this.#limits.tailBytes;
  }
}
