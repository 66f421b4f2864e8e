/** apt's own formats, as machines have them. Host names are invented. */
import { describe, expect, it } from 'vitest';
import { majorOf, parsePolicy } from '../../../src/setup/apt-policy.ts';
import { debianKeyring, findDebianMirror, parseAptSources } from '../../../src/setup/apt-sources.ts';

const deb822 = `Types: deb
# a comment amid the fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/site.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites:
 bookworm-security
Components: main contrib

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: sid
Components: main
`;

describe('parseAptSources', () => {
  it('reads deb822 stanzas, folded fields and comments included', () => {
    expect(parseAptSources('debian.sources', deb822)).toEqual([
      {
        uri: 'http://mirror.example/debian',
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main'],
        signedBy: '/usr/share/keyrings/site.gpg',
      },
      {
        uri: 'http://mirror.example/debian-security',
        suites: ['bookworm-security'],
        components: ['main', 'contrib'],
        signedBy: undefined,
      },
    ]);
  });

  it('reads one-line entries with options and trailing comments', () => {
    const text = [
      '# deb http://off.example/debian sid main',
      'deb-src http://mirror.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian bookworm main contrib # ours',
    ].join('\n');
    expect(parseAptSources('/etc/apt/sources.list', text)).toEqual([
      {
        uri: 'https://mirror.example/debian',
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        signedBy: '/k.gpg',
      },
    ]);
  });
});

describe('findDebianMirror', () => {
  it("takes the site's mirror with its keys and its security archive", () => {
    expect(findDebianMirror(parseAptSources('a.sources', deb822))).toEqual({
      main: 'http://mirror.example/debian',
      security: 'http://mirror.example/debian-security',
      keyring: '/usr/share/keyrings/site.gpg',
    });
  });

  it("is not misled by another vendor's archive that uses the same suite's name", () => {
    const text = [
      'deb http://vendor.example/linux/debian bookworm stable',
      'deb http://tools.example/apt bookworm main',
      'deb http://mirror.example/debian bookworm main',
    ].join('\n');
    expect(findDebianMirror(parseAptSources('x.list', text))).toEqual({
      main: 'http://mirror.example/debian',
      security: undefined,
      keyring: debianKeyring,
    });
  });

  it('finds none on Ubuntu', () => {
    const text = 'deb http://mirror.example/ubuntu noble main universe';
    expect(findDebianMirror(parseAptSources('x.list', text))).toBeUndefined();
  });
});

describe('parsePolicy', () => {
  it('tells versions, priorities and suites', () => {
    const text = `docker.io:
  Installed: 26.1.5+dfsg1-9
  Candidate: 26.1.5+dfsg1-9
  Version table:
 *** 26.1.5+dfsg1-9 100
        100 http://mirror.example/debian trixie/main amd64 Packages
        100 /var/lib/dpkg/status
     20.10.24+dfsg1-1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        500 http://mirror.example/debian bookworm-updates/main amd64 Packages
`;
    expect(parsePolicy(text)).toEqual([
      { version: '26.1.5+dfsg1-9', priority: 100, suites: ['trixie'] },
      { version: '20.10.24+dfsg1-1', priority: 500, suites: ['bookworm', 'bookworm-updates'] },
    ]);
  });

  it('knows nothing of an unknown package', () => {
    expect(parsePolicy('')).toEqual([]);
    expect(parsePolicy('x:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n')).toEqual([]);
  });
});

describe('majorOf', () => {
  it.each([
    ['26.1.5+dfsg1-9', 26],
    ['5:27.3.1-1~debian', 27],
    ['28.2.2-0ubuntu1~24.04.1', 28],
    ['v24.1.0', 24],
  ])('of %s is %d', (version, major) => {
    expect(majorOf(version)).toBe(major);
  });
});
