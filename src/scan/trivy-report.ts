/** Trivy's JSON report (schema version 2) → our findings. Decides nothing. */
import { err, ok, type Result } from '../core/result.ts';
import { severities, type Severity } from '../matrix/image-set.ts';
import { byGravity, identityOf, type Finding, type ScanReport } from './finding.ts';
import { reportSchema, type RawReport } from './schema.ts';

/** Reads a report; the error is a sentence for a person. */
export function readTrivyReport(json: string): Result<ScanReport, string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return err('what Trivy printed is no JSON');
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) return err('what Trivy printed is no report of a form that is known here');
  const { Metadata: metadata, Results: results } = parsed.data;
  const system = metadata?.OS;
  const findings = [
    ...(results ?? []).flatMap((each) => [...holes(each), ...secrets(each)]),
    ...endOfLife(system),
  ];
  // A package that several layers write, or several lists name, is one finding.
  const once = new Map(findings.toReversed().map((finding) => [identityOf(finding), finding]));
  return ok({
    system: system === undefined ? undefined : nameOf(system),
    layers: metadata?.DiffIDs ?? [],
    findings: [...once.values()].toSorted(byGravity),
  });
}

type RawResult = NonNullable<RawReport['Results']>[number];
type RawSystem = NonNullable<NonNullable<RawReport['Metadata']>['OS']>;

function holes({ Vulnerabilities: vulnerabilities }: RawResult): readonly Finding[] {
  return (vulnerabilities ?? []).map((each) => ({
    kind: 'hole',
    id: each.VulnerabilityID,
    where: each.PkgName,
    installed: each.InstalledVersion ?? '',
    fixed: each.FixedVersion || undefined,
    severity: severityOf(each.Severity),
    title: each.Title ?? '',
    layer: each.Layer?.DiffID,
  }));
}

/** The text that was found stays out: a report of ours must not spread a secret. */
function secrets({ Target: path, Secrets: found }: RawResult): readonly Finding[] {
  return (found ?? []).map((each) => ({
    kind: 'secret',
    id: each.RuleID,
    where: path,
    installed: '',
    fixed: undefined,
    severity: severityOf(each.Severity),
    title: each.Title ?? '',
    layer: each.Layer?.DiffID,
  }));
}

function endOfLife(system: RawSystem | undefined): readonly Finding[] {
  if (system?.EOSL !== true) return [];
  return [
    {
      kind: 'end-of-life',
      id: 'end-of-life',
      where: nameOf(system),
      installed: system.Name ?? '',
      fixed: 'a release that still gets fixes',
      severity: 'critical',
      title: 'its makers mend no holes in it any more, and what has no fix is not even listed',
      layer: undefined,
    },
  ];
}

function nameOf({ Family: family, Name: name }: RawSystem): string {
  return name === undefined || name === '' ? family : `${family} ${name}`;
}

function severityOf(text: string | undefined): Severity {
  const lower = text?.toLowerCase();
  return severities.find((each) => each === lower) ?? 'unknown';
}
