import { expect, test } from 'vitest';
import { parseVersions } from '../../../src/smoke/versions-inside.ts';

test('packages come by their normal names, in order, the first of two', () => {
  const text =
    ' 3.13.5\njupyterlab 4.5.0\nJupyterHub 5.5.1\njupyter_server 2.17\njupyterhub 1.0\nNone\n\u001b[31mrot 1\n';
  expect(parseVersions(text)).toEqual({
    python: '3.13.5',
    packages: { 'jupyter-server': '2.17', jupyterhub: '5.5.1', jupyterlab: '4.5.0', rot: '1' },
  });
});

test('of an image that floods us, so many are kept', () => {
  const text = Array.from({ length: 5000 }, (_, at) => `p${at} 1`).join('\n');
  expect(Object.keys(parseVersions(text).packages)).toHaveLength(2000);
});
