import { describe, expect, it } from 'vitest';
import { homeOf } from '../../../src/smoke/home-volume.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\nrstudio:x:1000:100::/home/rstudio:/bin/sh\n';

describe('the image’s home', () => {
  it.each([
    ['the HOME that the image declares', 'HOME=/home/jovyan\n', passwd, '/home/jovyan'],
    ['user 1000’s, where HOME is only root’s', 'HOME=/root\n', passwd, '/home/rstudio'],
    ['z2jh’s usual one, where nothing is known', undefined, '', '/home/jovyan'],
    ['never the whole file system', 'HOME=/\n', 'x:x:1000:100::/:/bin/sh', '/home/jovyan'],
    ['never a path that leads upwards', 'HOME=/home/../etc\n', '', '/home/jovyan'],
  ])('is %s', (_, printed, accounts, expected) => {
    expect(homeOf(printed, accounts)).toBe(expected);
  });
});
