/** What `build verify` found, as text and as the documented JSON (docs/attestations.md). Pure. */
import { isProven, type ImageProof } from '../attest/image-proof.ts';
import type { ProvenOrigin, ProvenPass } from '../attest/proof.ts';
import type { ProvenScan } from '../attest/scan-statement.ts';
import { severities } from '../matrix/image-set.ts';
import { signs, styleOf } from './style.ts';
import { cleanLine, count } from './text.ts';
import { wrapWords } from './wrap-words.ts';

/** A reference as it was typed, and what is proven of it; undefined where the registry has no such image. */
export interface VerifiedReference {
  readonly reference: string;
  readonly proof: ImageProof | undefined;
}

/** `build verify --json`, version 1. */
export function verifyDocument(verified: readonly VerifiedReference[], keys: readonly string[]) {
  return {
    version: 1,
    keys,
    images: verified.map(({ reference, proof }) =>
      proof === undefined
        ? { reference, state: 'absent' as const }
        : {
            reference,
            state: isProven(proof) ? ('proven' as const) : ('not-proven' as const),
            digest: proof.digest,
            signers: proof.signers,
            passes: proof.passes,
            provenance: proof.origins,
            bills: proof.bills,
            scans: proof.scans,
            ...(proof.refused.length === 0 ? {} : { refused: proof.refused }),
          },
    ),
  };
}

/** Files that are named of what was not committed. */
const shownFiles = 3;

type Paint = (text: string) => string;

/** Cells before what a row says. */
const rowIndent = 15;

/** A block for each reference: whether it is proven, and by whom what was said. */
export function renderProof(
  verified: readonly VerifiedReference[],
  keys: readonly string[],
  { colour, width = 0 }: { readonly colour: boolean; readonly width?: number },
): string {
  const style = styleOf(colour);
  const row = (label: string, text: string, paint: Paint = (same) => same): string => {
    const lines = wrapWords(text, width === 0 ? 0 : Math.max(1, width - rowIndent));
    return lines
      .map((line, at) => `    ${style.dim((at === 0 ? label : '').padEnd(rowIndent - 4))}${paint(line)}\n`)
      .join('');
  };
  return verified
    .map(({ reference, proof }) => {
      if (proof === undefined)
        return `${style.bad(signs.failed)} ${style.bold(reference)}  absent from its registry\n`;
      // A whole digest leaves room for no label in a terminal of 80 columns.
      const head = `${style.bold(reference)}\n    ${proof.digest}\n`;
      const rows = [
        proof.signers.length === 0
          ? row('signed by', 'nobody', style.warn)
          : row('signed by', list(proof.signers)),
        ...proof.passes.map((pass) => row('passed', passText(pass)) + clauseRows(pass, row)),
        ...(proof.origins.length === 0
          ? [row('built from', 'no provenance', style.warn)]
          : proof.origins.map((origin) => row('built from', originText(origin)))),
        ...(proof.bills.length === 0
          ? [row('contents', 'no bill of materials', style.warn)]
          : proof.bills.map(({ signer, components }) =>
              row('contents', `${count(components, 'component')} ${by(signer)}`),
            )),
        ...proof.scans.slice(0, 1).map((scan) => row('scanned', scanText(scan))),
      ].join('');
      if (isProven(proof)) return `${style.good(signs.done)} ${head}${rows}`;
      const who = keys.length === 1 ? `${list(keys)} signed no pass` : `none of ${list(keys)} signed a pass`;
      const lack = row('passed', `not proven: ${who} of this digest`, style.bad);
      const refused = proof.refused.map((why) => row('', cleanLine(why), style.warn)).join('');
      return `${style.bad(signs.failed)} ${head}${lack}${refused}${rows}`;
    })
    .join('');
}

/** `contract 11 as singleuser, gate tier, on 2026-11-26 (cosign.pub)`. */
function passText({ contract, profile, tier, judgedAt, signer }: ProvenPass): string {
  const day = judgedAt === undefined ? '' : `, on ${cleanLine(judgedAt.slice(0, 10))}`;
  return `contract ${contract} as ${cleanLine(profile)}, ${cleanLine(tier)} tier${day} ${by(signer)}`;
}

/** Clauses by what became of them; those that say nothing of the image are counted only. */
function clauseRows({ clauses }: ProvenPass, row: (label: string, text: string) => string): string {
  if (clauses === undefined) return row('', 'which clauses is not told: only the record knew of the pass');
  const having = (result: string): readonly string[] =>
    Object.entries(clauses).flatMap(([id, found]) => (found === result ? [cleanLine(id)] : []));
  const [passed, waived, failed] = [having('pass'), having('waived'), having('fail')];
  const silent = Object.keys(clauses).length - passed.length - waived.length - failed.length;
  return [
    row('', `${count(passed.length, 'clause')}: ${passed.join(' ')}`),
    ...(waived.length === 0 ? [] : [row('', `waived: ${waived.join(' ')}`)]),
    ...(failed.length === 0 ? [] : [row('', `failed, without being required: ${failed.join(' ')}`)]),
    ...(silent === 0 ? [] : [row('', `${silent} more did not apply or were not judged`)]),
  ].join('');
}

/** `0123456789ab of https://…, with edits that were not committed (matrix.lock), run …, on 2026-11-26 (cosign.pub)`. */
function originText(origin: ProvenOrigin): string {
  const { revision, source, dirty, uncommitted, run, builtAt, signer } = origin;
  const parts = [
    revision === undefined ? 'no git revision' : cleanLine(revision.slice(0, 12)),
    ...(source === undefined ? [] : [`of ${cleanLine(source.replace(/^git\+/, ''))}`]),
  ].join(' ');
  const more = [
    ...(dirty === true ? [`with edits that were not committed${filesText(uncommitted)}`] : []),
    ...(run === undefined ? [] : [`run ${cleanLine(run)}`]),
    ...(builtAt === undefined ? [] : [`on ${cleanLine(builtAt.slice(0, 10))}`]),
  ];
  return `${[parts, ...more].join(', ')} ${by(signer)}`;
}

function filesText(files: readonly string[]): string {
  if (files.length === 0) return '';
  const more = files.length > shownFiles ? ', …' : '';
  return ` (${list(files.slice(0, shownFiles))}${more})`;
}

/** `2 critical, 5 high, on 2026-11-26 (cosign.pub)`; the latest scan alone counts. */
function scanText({ counts, scannedAt, signer }: ProvenScan): string {
  const found = severities
    .toReversed()
    .flatMap((each) => ((counts[each] ?? 0) > 0 ? [`${counts[each]} ${each}`] : []));
  return `${found.join(', ') || 'no findings'}, on ${scannedAt.slice(0, 10)} ${by(signer)}`;
}

function by(signer: string): string {
  return `(${cleanLine(signer)})`;
}

function list(names: readonly string[]): string {
  return names.map(cleanLine).join(', ');
}
