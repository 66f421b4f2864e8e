/**
 * Follows one image's build: turns the engine's events into ours, keeps the log, and what a failure will have to
 * show. Decides nothing.
 */
import type { BuildEvent } from '../engine/engine.ts';
import { maskOf, type Mask } from './mask-secrets.ts';
import { OutputTail } from './output-tail.ts';
import type { RunContext } from './run-context.ts';

/** Loading and exporting are steps to the engine, but none of the Dockerfile's. */
function isInstruction(step: string): boolean {
  return /^[A-Z]+ /.test(step) && !step.startsWith('FROM ');
}

export class StepWatcher {
  readonly #context: RunContext;
  readonly #image: string;
  readonly #tail = new OutputTail();
  readonly #mask: Mask;
  /** Names by step, in the order of their start. */
  readonly #underWay = new Map<string, string>();
  #failedStep: string | undefined;
  #steps = 0;
  #cached = 0;

  constructor(context: RunContext, image: string) {
    this.#context = context;
    this.#image = image;
    this.#mask = maskOf(context.secrets);
  }

  /** How much of the Dockerfile came from the engine's cache; undefined where nothing did. */
  summary(): string | undefined {
    return this.#cached === 0 ? undefined : `(${this.#cached} of ${this.#steps} steps cached)`;
  }

  failureTail(): readonly string[] {
    return this.#tail.lines(this.#failedStep);
  }

  /** What is under way, the latest to start where it is several; undefined between two steps. */
  currentStep(): string | undefined {
    return [...this.#underWay.values()].at(-1);
  }

  on(event: BuildEvent): void {
    const { emit, log } = this.#context;
    const image = this.#image;
    switch (event.kind) {
      case 'step-started':
        this.#underWay.set(event.step, event.name);
        log.append(image, `\n# ${event.name}\n`);
        emit({ kind: 'build-step', image, step: event.step, name: event.name, state: 'started' });
        return;
      case 'step-finished': {
        this.#underWay.delete(event.step);
        if (isInstruction(event.name)) {
          this.#steps += 1;
          if (event.cached) this.#cached += 1;
        }
        if (event.error !== undefined) this.#failedStep = event.step;
        const state = event.error === undefined ? (event.cached ? 'cached' : 'done') : 'failed';
        log.append(image, `\n# ${event.name}: ${state} (${(event.durationMs / 1000).toFixed(1)}s)\n`);
        emit({ kind: 'build-step', image, step: event.step, name: event.name, state });
        return;
      }
      case 'output': {
        const text = this.#mask(event.text);
        this.#tail.add(event.step, text);
        log.append(image, text);
        emit({ kind: 'output', image, stage: 'build', text });
        return;
      }
      case 'warning':
        emit({ kind: 'remark', image, message: event.message });
        return;
      case 'progress':
        return;
      default:
        event satisfies never;
    }
  }
}
