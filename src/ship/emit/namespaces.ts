/**
 * A namespace for each user, with the annotations from which the hub's spawn page makes its menu of notebook
 * directories. What the hub would refuse is told here, where it was written. Pure.
 */
import { stringify } from 'yaml';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { isDnsLabel, isLabelKey } from '../../matrix/kubernetes-names.ts';
import { usageError } from '../../matrix/usage-error.ts';
import { readYaml, type YamlSource } from '../../matrix/yaml-source.ts';
import type { EmittedFile } from './emitted.ts';
import { usersSchema } from './schema.ts';

const annotationPrefix = 'notebook-dir.hub/';
const home = '/home/jovyan';

/** Users from the text of a YAML file; `template` says a namespace's name, as the hub's USER_NAMESPACE_TEMPLATE does. */
export function namespaceFiles(
  file: string,
  text: string,
  template: string,
): Result<readonly EmittedFile[], readonly Diagnostic[]> {
  const { source, diagnostics } = readYaml(file, text, 'text');
  if (source === undefined) return err(diagnostics);
  const users = usersSchema.safeParse(source.value);
  if (!users.success) {
    return err(
      users.error.issues.map(({ path }) =>
        usageError('wrong-type', 'this is no user', source.valueSpan(placeIn(path)), {
          help: '`- ada`, or `- { user: ada, directories: { Physics: physics } }`',
        }),
      ),
    );
  }
  const found: Diagnostic[] = [];
  const seen = new Map<string, number>();
  const namespaces = users.data.map((entry, index) => {
    const { user, directories = {} } = typeof entry === 'string' ? { user: entry } : entry;
    const name = template.replaceAll('{userid}', user.toLowerCase());
    found.push(...nameTrouble(name, user, source, index));
    const first = seen.get(name);
    if (first !== undefined) {
      const notes = [{ message: 'the first', span: source.valueSpan([first]) }];
      const message = `the namespace \`${name}\` is made twice`;
      found.push(usageError('duplicate-name', message, source.valueSpan([index]), { notes }));
    }
    seen.set(name, index);
    found.push(...directoryTroubles(directories, source, index));
    const annotations = Object.entries(directories).map(([label, path]) => [annotationPrefix + label, path]);
    return {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        labels: { 'app.kubernetes.io/managed-by': 'hubwright' },
        ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) as object }),
      },
    };
  });
  if (found.length > 0) return err(found);
  const documents = namespaces.map((each) => stringify(each, { lineWidth: 0 }));
  return ok([{ path: 'namespaces.yaml', text: documents.join('---\n') }]);
}

function placeIn(path: readonly PropertyKey[]): readonly (string | number)[] {
  return path.filter((step) => typeof step !== 'symbol');
}

function nameTrouble(name: string, user: string, source: YamlSource, index: number): readonly Diagnostic[] {
  if (isDnsLabel(name)) return [];
  return [
    usageError('invalid-name', `\`${name}\` cannot be a namespace’s name`, source.valueSpan([index]), {
      help: `lower-case letters, digits and \`-\`, at most 63; \`--template\` and the hub’s USER_NAMESPACE_TEMPLATE make it from \`${user}\``,
    }),
  ];
}

function directoryTroubles(
  directories: Readonly<Record<string, string>>,
  source: YamlSource,
  index: number,
): readonly Diagnostic[] {
  return Object.entries(directories).flatMap(([label, path]) => {
    const at = [index, 'directories', label];
    const why = pathTrouble(path);
    return [
      ...(isLabelKey(annotationPrefix + label)
        ? []
        : [
            usageError('invalid-name', `\`${label}\` cannot be an annotation’s name`, source.keySpan(at), {
              help: 'letters, digits, `-`, `_` and `.`, at most 63',
            }),
          ]),
      ...(why === undefined ? [] : [usageError('invalid-path', `\`${path}\` ${why}`, source.valueSpan(at))]),
    ];
  });
}

/** What the hub's own check refuses (`spawn_menu.py`). */
function pathTrouble(path: string): string | undefined {
  if (path.length > 1024) return 'is longer than 1024 characters';
  if (/[{}~$%\\]/.test(path) || [...path].some((each) => each < ' ' || each === '\u007F'))
    return 'holds a character that the hub refuses';
  if (path.split('/').includes('..')) return 'leads upwards';
  if (path.startsWith('/') && path !== home && !path.startsWith(`${home}/`)) return `is not in ${home}`;
  return undefined;
}
