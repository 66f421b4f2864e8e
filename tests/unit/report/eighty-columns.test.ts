/** What commands that deal with a registry say, in a terminal of 80 columns: nothing wider, no digest cut, no command broken. */
import { expect, test } from 'vitest';
import { digestOf } from '../../../registry/digest.ts';
import { cellWidth } from '../../../src/report/text-width.ts';
import { renderDiagnostics } from '../../../src/report/diagnostics.ts';
import { renderMirrors } from '../../../src/report/mirrors.ts';
import { renderRetention } from '../../../src/report/retention.ts';
import { renderRequirements } from '../../../src/report/requirements.ts';
import { renderScans } from '../../../src/report/scan-report.ts';
import { renderProof } from '../../../src/report/verify-report.ts';
import type { Finding } from '../../../src/scan/finding.ts';

const screen = { colour: false, width: 80 };
const host = 'europe-west3-docker.pkg.dev/university-of-somewhere/jupyterhub';
const names = ['base', 'course-introduction-to-data-science-student'];

const tooWide = (text: string): readonly string[] => text.split('\n').filter((line) => cellWidth(line) > 80);

test('scans: finding, what it means, where it came in, and each image’s numbers', () => {
  const finding: Finding = {
    kind: 'hole',
    id: 'CVE-2099-0001',
    where: 'libgnutls30t64',
    installed: '3.8.9-3+deb13u1',
    fixed: '3.8.9-3+deb13u2',
    severity: 'critical',
    title: 'gnutls: a rather long title of what can be done to whoever has it',
    layer: 'sha256:one',
  };
  const judged = names.map((name) => ({
    name,
    reference: undefined,
    report: { system: 'debian 13.1', layers: ['sha256:one'], findings: [finding] },
    judgement: { blocking: [finding], known: [], excepted: [], tolerated: [] },
  }));
  const database = { updatedAt: new Date(0), ageHours: 1 };
  const shown = renderScans({ database, judged }, screen);
  expect(tooWide(shown)).toEqual([]);
  expect(shown).toContain('against the policy');
  // A pipe has no width: there a line stays one.
  expect(renderScans({ database, judged }, { colour: false }).split('\n')[0]).toMatch(/^CVE-.*has it$/);
});

test('proofs: a whole digest on a line of its own', () => {
  const digest = digestOf('image');
  const proof = {
    digest,
    signers: ['gcpkms://projects/university-of-somewhere/locations/global/keyRings/hub/cryptoKeys/images'],
    passes: [],
    origins: [
      {
        signer: 'keys/cosign.pub',
        key: 'k',
        builtAt: '2026-11-25T08:00:00.000Z',
        run: '20261126-120409-5ad7',
        revision: '0123456789abcdef',
        source: 'git+https://git.example.org/teaching/images.git',
        dirty: true,
        uncommitted: ['courses/introduction-to-data-science/requirements.lock', 'matrix.lock'],
      },
    ],
    bills: [],
    scans: [],
    refused: [],
  };
  const shown = renderProof([{ reference: `${host}/base:latest`, proof }], ['keys/cosign.pub'], screen);
  // The key's address alone has no place to break.
  expect(tooWide(shown).filter((line) => !line.includes('gcpkms://'))).toEqual([]);
  expect(shown).toContain(`\n    ${digest}\n`);
});

test('mirrors: what was copied where, and why one was not', () => {
  const outcomes = [
    {
      name: 'pause',
      from: 'registry.k8s.io/pause:3.10',
      to: `${host}/pause:3.10`,
      result: { kind: 'copied' as const, digest: digestOf('pause'), sentBytes: 1234 },
    },
    {
      name: 'configurable-http-proxy',
      from: 'quay.io/jupyterhub/configurable-http-proxy:5',
      to: `${host}/configurable-http-proxy:5`,
      result: {
        kind: 'failed' as const,
        reason: 'quay.io: no login is known for it (docker login quay.io)',
      },
    },
  ];
  expect(tooWide(renderMirrors(outcomes, screen)).filter((line) => !line.includes('@sha256:'))).toEqual([]);
  expect(renderMirrors(outcomes, { colour: false }).split('\n').length).toBe(4);
});

test('the machine: what is there, and what it is for', () => {
  const requirement = {
    id: 'engine',
    name: 'Docker Engine',
    why: 'it builds and runs the images, and this is said at some length',
    needed: '23',
    found: '26.1.5+dfsg1, classic store',
    state: 'ok',
    mend: undefined,
  } as const;
  expect(tooWide(renderRequirements([requirement], screen))).toEqual([]);
});

test('a command in a diagnostic stays whole', () => {
  const help = 'check `registry:` in matrix.yaml, the network, and the login (`docker login`)';
  const shown = renderDiagnostics(
    [{ category: 'environment', severity: 'error', code: 'registry-unreachable', message: 'no', help }],
    screen,
  );
  expect(tooWide(shown)).toEqual([]);
  expect(shown).toContain('(`docker login`)');
});

test('what is pruned: the reason below the image where it does not fit beside it', () => {
  const name = names[1] ?? '';
  const content = {
    name,
    digest: digestOf(name),
    reference: `${host}/${name}@${digestOf(name)}`,
    repository: `${host}/${name}`,
    keys: ['k'],
    tags: ['2026-10-17-0123456789ab'],
    layers: [],
    lastRelease: { run: '20261017-030000-0001', created: '2026-10-17T03:00:00.000Z' },
  };
  const because = 'the tag `exam-2026`, which is not ours, names it';
  const retention = { expired: [content], kept: [{ content, because }], releases: [] };
  const text = renderRetention(retention, 683e6, false, screen);
  expect(tooWide(text)).toEqual([]);
  expect(text).toContain(`\n  stays: ${because}\n`);
});
