/**
 * Gets images out of the engine for Trivy to read: whatever waits while one answer is written is asked for together
 * with the next, for an engine writes a layer that several images have only once an answer. Knows no order and no
 * findings.
 */
import { err, ok, type Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { ImageSaver } from '../engine/image-saver.ts';
import { cancelledScan, type ScanTrouble } from './trivy-program.ts';

type Saved = Result<ReadonlyMap<string, string>, EngineError>;

export class SavedLayouts {
  readonly #images: ImageSaver;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<Saved>>();
  #waiting: string[] = [];
  #next: Promise<Saved> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Everything goes into `folder`, which is whoever disposes of it's to remove. */
  constructor(images: ImageSaver, folder: string, signal: AbortSignal) {
    this.#images = images;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** The arguments by which Trivy finds an image of the engine's, by its ID. */
  async place(id: string, signal: AbortSignal): Promise<Result<readonly string[], ScanTrouble>> {
    const saving = this.#known.get(id) ?? this.#join(id);
    this.#known.set(id, saving);
    const saved = await saving;
    if (signal.aborted) return err(cancelledScan);
    if (!saved.ok) {
      if (saved.error.kind === 'cancelled') return err(cancelledScan);
      return err({ kind: 'failed', message: `getting it out of the engine: ${saved.error.message}` });
    }
    const digest = saved.value.get(id);
    // An older engine writes another form, which Trivy gets for itself.
    return ok(
      digest === undefined ? ['--image-src', 'docker', '--', id] : ['--input', `${this.#folder}@${digest}`],
    );
  }

  #join(id: string): Promise<Saved> {
    this.#waiting.push(id);
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(async () => {
      const ids = this.#waiting;
      this.#waiting = [];
      this.#next = undefined;
      return await this.#images.save(ids, this.#folder, this.#signal);
    });
    this.#next = next;
    this.#last = next.catch(() => undefined);
    return next;
  }
}
