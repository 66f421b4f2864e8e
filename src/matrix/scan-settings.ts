/**
 * What matrix.yaml says about scanning: `scan`. Which findings there are, and what the policy means for an image, is
 * the scan room's matter.
 */
import { parseReference } from '../../registry/reference.ts';
import type { Check } from './check.ts';
import type { ScanSettings } from './image-set.ts';
import { folderOf, parseRepositoryPath, pathHelp } from './repository-path.ts';
import type { MatrixFile } from './schema.ts';
import { invalidReference, usageError } from './usage-error.ts';

/** What holds where a family says nothing of it. */
const defaults = { severity: 'critical', fixable: true, deadline: 14, maxAge: 72 } as const;

/** How an image is judged that no family says anything of. */
export const defaultScanSettings: ScanSettings = {
  severity: defaults.severity,
  fixableOnly: defaults.fixable,
  deadlineDays: defaults.deadline,
  exceptions: undefined,
  databases: [],
  javaDatabases: [],
  maxDatabaseAgeHours: defaults.maxAge,
};

/** The settings with what is not said filled in; undefined where nothing is to be scanned. */
export function readScanSettings(check: Check, content: MatrixFile): ScanSettings | undefined {
  const { scan } = content;
  if (scan === undefined) return undefined;
  return {
    severity: scan.block?.severity ?? defaults.severity,
    fixableOnly: scan.block?.fixable ?? defaults.fixable,
    deadlineDays: scan.deadline ?? defaults.deadline,
    exceptions: readExceptionsPath(check, scan.exceptions),
    databases: readReferences(check, 'databases', scan.databases),
    javaDatabases: readReferences(check, 'javaDatabases', scan.javaDatabases),
    maxDatabaseAgeHours: scan.maxDatabaseAge ?? defaults.maxAge,
  };
}

function readExceptionsPath(check: Check, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = ['scan', 'exceptions'];
  const folder = folderOf(check.source.fileOf(at));
  const parsed = parseRepositoryPath(text, folder);
  if (parsed.kind === 'path') return parsed.path;
  check.findings.add(
    usageError(parsed.code, parsed.message, check.source.valueSpan(at), { help: pathHelp(folder) }),
  );
  return undefined;
}

function readReferences(
  check: Check,
  key: 'databases' | 'javaDatabases',
  texts: readonly string[] = [],
): readonly string[] {
  return texts.filter((text, index) => {
    const reference = parseReference(text);
    if (reference.kind === 'reference') return true;
    check.findings.add(invalidReference(reference, check.source.valueSpan(['scan', key, index])));
    return false;
  });
}
