/**
 * What matrix.yaml says about publishing and secrets: `registry`, `naming`, `tags`, `env`, `secrets`.
 */
import { resolve } from 'node:path';
import { isValidRegistry, isValidRepository, isValidTag } from '../../registry/reference.ts';
import type { Check } from './check.ts';
import { checkTemplate, isVariableName } from './check.ts';
import { holdsKey, isFixedByItself } from './fixed-tags.ts';
import type { RegistryTarget, SecretSource } from './image-set.ts';
import { publishedTag, renderTag, tagPlaceholders } from './naming.ts';
import { folderOf } from './repository-path.ts';
import type { MatrixFile, SecretEntry } from './schema.ts';
import { fillTemplate } from './template.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

const noValues: ReadonlyMap<string, readonly string[]> = new Map();

/** A value that may read the environment; undefined where it reads what is not there. */
export function environmentText(check: Check, path: YamlPath, text: string): string | undefined {
  const before = check.findings.errorCount;
  const parts = checkTemplate(check, path, text, { values: noValues, environment: 'all' });
  if (check.findings.errorCount > before) return undefined;
  return fillTemplate(parts, check.environment, () => undefined).text;
}

/** Where images are published; undefined where nothing is (an empty or absent `registry`). */
export function readRegistry(check: Check, content: MatrixFile): RegistryTarget | undefined {
  const prefix = environmentText(check, ['registry'], content.registry ?? '');
  if (prefix === undefined || prefix === '') return undefined;
  const problem = registryProblem(prefix);
  if (problem !== undefined) {
    const span = check.source.valueSpan(['registry']);
    check.findings.add(
      usageError('invalid-registry', `\`${prefix}\` is no registry`, span, { help: problem }),
    );
    return undefined;
  }
  return { prefix, naming: content.naming ?? 'repository-per-image' };
}

function registryProblem(prefix: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(prefix))
    return 'leave out the scheme: `localhost:5000`, `registry.example.org/hub`';
  if (prefix.endsWith('/')) return 'leave out the slash at the end';
  const slash = prefix.indexOf('/');
  const host = slash < 0 ? prefix : prefix.slice(0, slash);
  // The rule by which Docker tells a host from a name on Docker Hub.
  if (!/[.:]/.test(host) && host !== 'localhost') return `begin with a host: \`docker.io/${prefix}\``;
  if (isValidRegistry(host) && (slash < 0 || isValidRepository(prefix.slice(slash + 1)))) return undefined;
  return 'a host, perhaps a port, perhaps a path of lower-case names: `registry.example.org:5000/hub`';
}

/** The environment names that `args` may use. */
export function readDeclaredNames(check: Check, names: readonly string[]): ReadonlySet<string> {
  for (const [index, name] of names.entries()) {
    if (isVariableName(name)) continue;
    const span = check.source.valueSpan(['env', index]);
    check.findings.add(
      usageError('invalid-name', `\`${name}\` cannot be the name of an environment variable`, span, {
        help: 'list bare names: letters, digits and `_`, not beginning with a digit',
      }),
    );
  }
  return new Set(names);
}

/** Tag templates with the environment filled in, and which of them never move; each is tried on the longest name. */
export function readTags(
  check: Check,
  content: MatrixFile,
  imageNames: readonly string[],
): { readonly tags: readonly string[]; readonly fixedTags: ReadonlySet<string> } {
  const longest = imageNames.toSorted((a, b) => b.length - a.length)[0] ?? 'image';
  const read = (content.tags ?? ['latest']).flatMap((entry, index) => {
    const [text, moves] = typeof entry === 'string' ? [entry, undefined] : [entry.tag, entry.moves];
    const path = ['tags', index, ...(typeof entry === 'string' ? [] : ['tag'])];
    const template = readTag(check, path, text, { longest, naming: content.naming });
    if (template === undefined) return [];
    if (moves === true && holdsKey(template)) {
      const message = `\`${template}\` holds a content key: it cannot name two images`;
      const span = check.source.valueSpan(['tags', index, 'moves']);
      check.findings.add(usageError('fixed-tag', message, span, { help: 'leave out `moves`' }));
    }
    return [{ template, fixed: moves === undefined ? isFixedByItself(template) : !moves }];
  });
  return {
    tags: read.map(({ template }) => template),
    fixedTags: new Set(read.filter(({ fixed }) => fixed).map(({ template }) => template)),
  };
}

function readTag(
  check: Check,
  path: YamlPath,
  text: string,
  { longest, naming = 'repository-per-image' }: { longest: string; naming: MatrixFile['naming'] },
): string | undefined {
  const values = new Map(tagPlaceholders.map((name) => [name, []]));
  const before = check.findings.errorCount;
  const parts = checkTemplate(check, path, text, { values, environment: 'all' });
  if (check.findings.errorCount > before) return undefined;
  // `{date}` and the like wait for the day of publishing.
  const { text: template } = fillTemplate(parts, check.environment, (name) => `{${name}}`);
  const sample = renderTag(template, { date: '2026-01-01', key: '0'.repeat(64), name: longest });
  if (isValidTag(sample) && isValidTag(publishedTag(naming, longest, sample))) return template;
  check.findings.add(
    usageError('invalid-tag', `\`${template}\` does not make a valid tag`, check.source.valueSpan(path), {
      help: 'letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`',
    }),
  );
  return undefined;
}

/** Build secrets; a file's path is made absolute against the folder of the file that names it. */
export function readSecrets(
  check: Check,
  secrets: readonly SecretEntry[],
  directory: string,
): readonly SecretSource[] {
  const first = new Map<string, number>();
  return secrets.flatMap((secret, index): SecretSource[] => {
    const path = ['secrets', index];
    checkSecretId(check, secret.id, index, first);
    const key = 'env' in secret ? 'env' : 'file';
    const text = environmentText(check, [...path, key], 'env' in secret ? secret.env : secret.file);
    if (text === undefined) return [];
    const span = check.source.valueSpan([...path, 'id']);
    if (key === 'env' && isVariableName(text))
      return [{ id: secret.id, source: { kind: 'env', name: text }, span }];
    if (key === 'file' && text !== '') {
      return [
        {
          id: secret.id,
          source: { kind: 'file', path: resolve(directory, folderOf(check.source.fileOf(path)), text) },
          span,
        },
      ];
    }
    const message =
      key === 'env' ? `\`${text}\` cannot be the name of an environment variable` : 'the path is empty';
    check.findings.add(usageError('invalid-secret', message, check.source.valueSpan([...path, key])));
    return [];
  });
}

function checkSecretId(check: Check, id: string, index: number, first: Map<string, number>): void {
  const span = check.source.valueSpan(['secrets', index, 'id']);
  const earlier = first.get(id);
  if (earlier !== undefined) {
    const notes = [
      { message: 'it was first written here', span: check.source.valueSpan(['secrets', earlier, 'id']) },
    ];
    check.findings.add(usageError('duplicate-name', `two secrets are called \`${id}\``, span, { notes }));
  } else first.set(id, index);
  if (id === 'ca') {
    check.findings.add(
      usageError('reserved-name', 'the secret `ca` is given to every build by hubwright itself', span, {
        help: 'choose another id; a CA bundle is named by `--ca` or `HUBWRIGHT_CA`',
      }),
    );
  } else if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
    check.findings.add(
      usageError('invalid-name', `\`${id}\` cannot be a secret's id`, span, {
        help: 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit',
      }),
    );
  }
}
