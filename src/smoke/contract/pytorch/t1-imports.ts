/** Clause T1: torch can be imported where notebooks run. */
import { torchClause } from './torch-clause.ts';

/** The first import reads some hundred megabytes from a cold disk. */
const importMs = 120_000;

export const importsTorch = torchClause(
  {
    id: 'T1',
    title: "`import torch` works in the kernel's interpreter",
    why: 'A torch that was installed for another Python than the kernel’s is not there in any notebook.',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: "The default kernel's interpreter imports torch over the websocket, as uid 1000.",
    remedy:
      'Install torch for the interpreter that the kernelspec names (`python -m pip` of that very Python), and look at the log for a library that is missing.',
  },
  {
    code: `
import sys, torch
if not hasattr(torch, "__version__"):
    raise ImportError(f"this torch is no PyTorch: {getattr(torch, '__file__', None) or list(torch.__path__)}")
print("hubwright version", torch.__version__)
print("hubwright file", torch.__file__)
print("hubwright python", sys.executable)`,
    timeoutMs: importMs,
    whenItFails:
      "torch is not installed for the kernel's interpreter, one of its libraries cannot be loaded, or another file by its name comes first (PYTHONPATH, a course's `torch.py`)",
    judge: (facts) => ({
      result: 'pass',
      evidence: [`torch ${facts('version')} at ${facts('file')}`, `Python: ${facts('python')}`],
    }),
  },
);
