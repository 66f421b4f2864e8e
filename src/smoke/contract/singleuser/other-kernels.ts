/**
 * Which of the other kernels that a page offers name a program that is not there: asked of the Python kernel that runs,
 * which has the server's own PATH and rights. None of them is started. S11 says what it means.
 */
import { jsonIn } from '../../../../registry/parse-json.ts';
import { field } from '../../../hub/jupyter-api.ts';
import type { KernelSession } from '../../kernel-session.ts';

const marker = 'hubwright-absent:';

/** Jupyter puts the server's own interpreter, or a folder of the kernelspec's, in the place of such a name. */
const filledIn = /^python[\d.]*$|\{/;

/** Name and program of each; none where the kernel does not tell. */
export async function absentPrograms(
  { others, execute }: Pick<KernelSession, 'others' | 'execute'>,
  timeoutMs: number,
): Promise<readonly (readonly [string, string])[]> {
  const named = [...others].filter(([, program]) => program !== '' && !filledIn.test(program));
  if (named.length === 0) return [];
  const asked = JSON.stringify(JSON.stringify(named.map(([, program]) => program)));
  const code = `import json as _j, shutil as _s; print('\\n${marker}' + _j.dumps({'absent': [p for p in _j.loads(${asked}) if _s.which(p) is None]})); del _j, _s`;
  const { output } = await execute(code, timeoutMs);
  const line = output.split('\n').find((each) => each.startsWith(marker));
  const absent = field(jsonIn(line?.slice(marker.length) ?? ''), 'absent');
  return Array.isArray(absent) ? named.filter(([, program]) => absent.includes(program)) : [];
}
