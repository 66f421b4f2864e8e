import { describe, expect, it } from 'vitest';
import { homeOf } from '../../../src/smoke/image-look.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\nrstudio:x:1000:100::/home/rstudio:/bin/sh\n';

describe('the image’s home', () => {
  it.each([
    ['the HOME that the image declares', '/home/jovyan', passwd, '/home/jovyan'],
    ['user 1000’s, where HOME is only root’s', '/root', passwd, '/home/rstudio'],
    ['z2jh’s usual one, where nothing is known', undefined, '', '/home/jovyan'],
    ['never the whole file system', '/', 'x:x:1000:100::/:/bin/sh', '/home/jovyan'],
    ['never a path that leads upwards', '/home/../etc', '', '/home/jovyan'],
  ])('is %s', (_, declared, accounts, expected) => {
    expect(homeOf(declared, accounts)).toBe(expected);
  });
});
