/** What `build emit` writes is valid before a cluster sees it, and says where it has to be changed. */
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { EmittedFile } from '../../../../src/ship/emit/emitted.ts';
import { hubFiles } from '../../../../src/ship/emit/hub.ts';
import { kindFiles } from '../../../../src/ship/emit/kind.ts';
import { namespaceFiles } from '../../../../src/ship/emit/namespaces.ts';
import { nfsFiles } from '../../../../src/ship/emit/nfs.ts';
import { manifestProblems, type AnyManifest } from '../../../rig/kubernetes-types.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image = (name: string): { repository: string; tag: string; digest: string } => ({
  repository: `registry.example.org/j/${name}`,
  tag: '2026-11-20',
  digest,
});
const hub = hubFiles({
  hub: image('hub'),
  proxy: image('proxy'),
  singleuser: `r.example.org/base:1@${digest}`,
});
const nfs = nfsFiles({ image: `r.example.org/nfs:1@${digest}`, namespace: 'jupyterhub', size: '20Gi' });

interface Manifest extends AnyManifest {
  readonly metadata: { readonly name: string };
  readonly spec?: object;
}

function manifestsIn(files: readonly EmittedFile[]): readonly Manifest[] {
  return files
    .filter(
      ({ path }) => path.endsWith('.yaml') && !path.endsWith('kustomization.yaml') && path !== 'kind.yaml',
    )
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
}

/** The files that say somewhere that they have to be changed. */
function changes(files: readonly EmittedFile[]): readonly string[] {
  return files.filter(({ text }) => text.includes('CHANGE')).map(({ path }) => path);
}

test.each([
  ['the hub', hub],
  ['the exchange', nfs],
])('%s: every manifest is what Kubernetes’ types ask for', async (_, files) => {
  const manifests = manifestsIn(files);
  expect(manifests.length).toBeGreaterThan(5);
  for (const manifest of manifests) expect(await manifestProblems(manifest), manifest.kind).toEqual([]);
});

test.each([
  ['a wrong type', { replicas: 'one' }, 'replicas'],
  ['an unknown field', { replica: 1 }, 'Deployment.spec has a field `replica` that nobody knows'],
  ['a missing field', { template: undefined }, 'template'],
  ['a selector of others', { selector: { matchLabels: { app: 'other' } } }, 'do not have `app`'],
  ['a value that is none of those', { strategy: { type: 'Never' } }, 'strategy'],
])('%s in a manifest would be found', async (_, parts, problem) => {
  const [first] = manifestsIn(nfs).filter(({ kind }) => kind === 'Deployment');
  if (first === undefined) throw new Error('there is no Deployment');
  const wrong = structuredClone({ ...first, spec: { ...first.spec, ...parts } });
  expect((await manifestProblems(wrong)).join('\n')).toContain(problem);
});

describe('kustomize', () => {
  test.each(['local', 'staging', 'production'])(
    'overlay %s names files that are there, and images by digest',
    (name) => {
      const paths = new Set(hub.map(({ path }) => path));
      for (const folder of ['base', `overlays/${name}`]) {
        const kustomization = parse(
          hub.find(({ path }) => path === `${folder}/kustomization.yaml`)?.text ?? '',
        ) as {
          readonly resources: readonly string[];
          readonly images?: readonly object[];
          readonly configMapGenerator: readonly { readonly files?: readonly string[] }[];
          readonly secretGenerator?: readonly { readonly envs: readonly string[] }[];
        };
        const files = [
          ...kustomization.resources,
          ...kustomization.configMapGenerator.flatMap((each) => each.files ?? []),
          ...(kustomization.secretGenerator ?? []).flatMap(({ envs }) => envs),
        ];
        for (const file of files.filter((each) => each !== '../../base'))
          expect(paths).toContain(`${folder}/${file}`);
        if (folder !== 'base') {
          expect(kustomization.images).toEqual([
            { name: 'hub', newName: 'registry.example.org/j/hub', digest },
            { name: 'proxy', newName: 'registry.example.org/j/proxy', digest },
          ]);
        }
      }
    },
  );

  test('a registry without a release is named by tags', () => {
    const untagged = { ...image('hub'), digest: undefined };
    const [local] = hubFiles({ hub: untagged, proxy: untagged, singleuser: 'base:latest' }).filter(
      ({ path }) => path === 'overlays/local/kustomization.yaml',
    );
    expect(local?.text).toContain('newTag: "2026-11-20"');
  });

  test('places to change say so', () => {
    expect(changes(hub)).toEqual([
      'overlays/local/60-local.py',
      'overlays/local/secret.env',
      ...['staging', 'production'].flatMap((name) =>
        ['kustomization.yaml', '60-site.py', 'ingress.yaml', 'secret.env'].map(
          (file) => `overlays/${name}/${file}`,
        ),
      ),
    ]);
    expect(changes(nfs)).toEqual(['server.yaml', 'volumes.yaml']);
  });
});

test('kind: users’ nodes carry the label that the chart asks for', () => {
  const [file] = kindFiles('hub');
  expect(parse(file?.text ?? '')).toMatchObject({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: 'hub',
    nodes: [
      { role: 'control-plane', extraPortMappings: [{ containerPort: 30080 }] },
      { labels: { 'hub.jupyter.org/node-purpose': 'user' } },
      {},
    ],
  });
});

describe('namespaces', () => {
  const users = '- ada\n- { user: Bob, directories: { Physics: courses/physics, Home: /home/jovyan } }\n';

  test('one for each user, annotated for the menu', async () => {
    const made = namespaceFiles('users.yaml', users, 'jupyter-{userid}');
    const manifests = made.ok ? manifestsIn(made.value) : [];
    for (const manifest of manifests) expect(await manifestProblems(manifest), manifest.kind).toEqual([]);
    expect(manifests.map(({ metadata }) => metadata)).toMatchObject([
      { name: 'jupyter-ada' },
      {
        name: 'jupyter-bob',
        annotations: {
          'notebook-dir.hub/Physics': 'courses/physics',
          'notebook-dir.hub/Home': '/home/jovyan',
        },
      },
    ]);
  });

  test.each([
    ['a name that no namespace can have', '- a.b\n', 'invalid-name:1'],
    ['two users of one namespace', '- ada\n- Ada\n', 'duplicate-name:2'],
    ['a path upwards', '- { user: ada, directories: { Up: ../x } }\n', 'invalid-path:1'],
    ['a path elsewhere', '- { user: ada, directories: { Etc: /etc } }\n', 'invalid-path:1'],
    ['a label with a blank', '- { user: ada, directories: { "a b": x } }\n', 'invalid-name:1'],
    ['an unknown key', '- { name: ada }\n', 'wrong-type:1'],
    ['no list', 'ada: {}\n', 'wrong-type:1'],
  ])('%s is told', (_, text, code) => {
    const made = namespaceFiles('users.yaml', text, '{userid}');
    expect(made.ok ? [] : made.error.map((each) => `${each.code}:${each.span?.line}`)).toEqual([code]);
  });
});
