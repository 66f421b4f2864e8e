/** Clause T4: torch computes on the processor, rightly. */
import { torchClause } from './torch-clause.ts';

export const computes = torchClause(
  {
    id: 'T4',
    title: 'products and gradients on the processor are right',
    why: 'Libraries of two origins (BLAS, OpenMP, numpy) may load side by side and crash, or hang, at the first product.',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested:
      'A small product with a known trace, a product of 512 × 512 ones, a gradient, and the way to numpy and back.',
    remedy: 'Take torch and numpy from places that were built for each other, and one OpenMP library.',
    needs: ['T1'],
  },
  {
    code: `
import torch
a = torch.arange(9, dtype=torch.float64).reshape(3, 3)
b = torch.ones(512, 512)
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
(x ** 2).sum().backward()
print("hubwright trace", int((a @ a).trace().item()))
print("hubwright product", bool((b @ b == 512).all()))
print("hubwright gradient", [int(value) for value in x.grad])
try:
    import numpy
except ImportError:
    print("hubwright numpy absent")
else:
    print("hubwright numpy", torch.from_numpy(numpy.arange(3.0)).numpy().tolist())
print("hubwright threads", torch.get_num_threads())`,
    timeoutMs: 60_000,
    whenItFails: 'a first product ends the kernel, or hangs: two numeric libraries do not get along',
    judge(facts) {
      const evidence = [
        `trace ${facts('trace')}, ones ${facts('product')}, gradient ${facts('gradient')}, numpy ${facts('numpy')}, ${facts('threads')} threads`,
      ];
      const right =
        facts('trace') === '180' &&
        facts('product') === 'True' &&
        facts('gradient') === '[2, 4, 6]' &&
        ['absent', '[0.0, 1.0, 2.0]'].includes(facts('numpy'));
      if (right) return { result: 'pass', evidence };
      return {
        result: 'fail',
        evidence,
        hint: 'expected: trace 180, ones True, gradient [2, 4, 6], numpy [0.0, 1.0, 2.0]',
      };
    },
  },
);
