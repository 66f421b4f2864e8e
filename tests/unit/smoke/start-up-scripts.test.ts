import { expect, test } from 'vitest';
import { startUpScripts } from '../../../src/smoke/start-up-scripts.ts';

const path = '/user/x/static/lab/main.efd3.js?v=efd3';

test.each([
  [
    'rspack, as JupyterLab 4.6 has it',
    'var n=(await Promise.all([t.e(5531),t.e(219),t.e(1773)]).then(t.bind(t,81220))).main;r.u=e=>""+(5531===e?"jlab_core":e)+"."+({1014:"073326ef5d98db5e",5531:"8811dd2733d03721",219:"0123456789abcdef",1773:"fedcba9876543210"})[e]+".js?v="+({1014:"x"})[e]',
    ['jlab_core.8811dd2733d03721.js', '219.0123456789abcdef.js', '1773.fedcba9876543210.js'],
  ],
  [
    'webpack 5, as JupyterLab 3 and 4.0 have it',
    'Promise.all([o.e(4144),o.e("vendors")]).then(o.bind(o,1));o.u=e=>(({4144:"jlab_core"})[e]||e)+"."+{4144:"d4ba8a2da6d74da2","vendors":"aabbccddeeff0011"}[e]+".js?v="+{4144:"x"}[e]',
    ['jlab_core.d4ba8a2da6d74da2.js', 'vendors.aabbccddeeff0011.js'],
  ],
  ['a part whose name is not told', 'a.e(7);a.u=e=>e+".js"', []],
  ['a script of another make', 'console.log("e(1)")', []],
])('parts that the first script loads: %s', (_, script, names) => {
  expect(startUpScripts(script, path)).toStrictEqual(names.map((name) => `/user/x/static/lab/${name}`));
});
