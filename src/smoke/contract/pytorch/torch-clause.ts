/** A clause that is judged by what Python prints in the server's kernel. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Clause, ClauseText, Finding } from '../clause.ts';
import { askPython } from './torch-pod.ts';
import type { Declared, TorchPod } from './torch-pod.ts';

/** The facts that the code printed; a fact that it did not print is empty. */
export type Facts = (name: string) => string;

export interface TorchQuestion {
  /** Python that prints lines `hubwright NAME VALUE`. It may meet a fresh kernel: it imports what it needs. */
  readonly code: string;
  readonly timeoutMs: number;
  /** What it means when the code does not run to its end. */
  readonly whenItFails: string;
  /** Why the clause says nothing of this image; undefined where it does. */
  inapplicable?(declared: Declared): string | undefined;
  judge(facts: Facts, declared: Declared): Finding;
}

export function torchClause(text: ClauseText, question: TorchQuestion): Clause<TorchPod> {
  return {
    ...text,
    async test({ pod, absent, declared }, signal) {
      const why = question.inapplicable?.(declared);
      if (why !== undefined) return ok({ result: 'not-applicable', evidence: [why] });
      if (pod === undefined) return ok({ result: 'not-run', evidence: [absent] });
      const told = await askPython(pod, question.code, question.timeoutMs, signal);
      if (told.kind === 'failed') {
        return ok({ result: 'fail', evidence: [told.line], hint: question.whenItFails });
      }
      return ok(question.judge((name) => excerpt(told.facts.get(name) ?? ''), declared));
    },
  };
}
