/** Clause T6: every library that torch loads is there, but those of the driver. */
import { torchClause } from './torch-clause.ts';

/** The NVIDIA runtime brings these from the node. */
const fromDriver = ['libcuda.so.1', 'libnvidia-ml.so.1'];

export const findsItsLibraries = torchClause(
  {
    id: 'T6',
    title: "of torch's libraries only the driver's own are missing without a driver",
    why: 'A library that is missing without a GPU is missing with one as well, and shows only there.',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: `\`ldd\` of torch's own shared libraries, and so of all that they load (not of others' that lie beside them); unresolved may be ${fromDriver.join(' and ')} alone.`,
    remedy: 'Install the packages that hold the libraries named, in the versions that this torch asks for.',
    needs: ['T1'],
  },
  {
    code: `
import pathlib, shutil, subprocess, torch
folder = pathlib.Path(torch.__file__).parent
files = sorted({path.resolve() for pattern in ("*.so", "lib/libtorch*.so*", "lib/libc10*.so*", "lib/libcaffe2*.so*") for path in folder.glob(pattern)})
missing = set()
if shutil.which("ldd"):
    for path in files:
        said = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        missing |= {line.split()[0] for line in said.splitlines() if "not found" in line}
    print("hubwright files", len(files))
    print("hubwright missing", *sorted(missing))
else:
    print("hubwright files none: there is no ldd")`,
    timeoutMs: 120_000,
    whenItFails: "torch's libraries could not be looked through",
    judge(facts) {
      const evidence = [`looked at: ${facts('files')}`, `not found: ${facts('missing') || 'none'}`];
      if (facts('files').startsWith('none')) return { result: 'not-run', evidence: evidence.slice(0, 1) };
      const own = facts('missing')
        .split(' ')
        .filter((name) => name !== '' && !fromDriver.includes(name));
      if (own.length === 0 && /^[1-9]\d*$/.test(facts('files'))) return { result: 'pass', evidence };
      if (own.length === 0)
        return { result: 'fail', evidence, hint: 'torch has no shared library where its own code lies' };
      return {
        result: 'fail',
        evidence,
        hint: `no driver brings ${own.join(', ')}: they have to be in the image`,
      };
    },
  },
);
