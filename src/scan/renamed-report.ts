/**
 * Trivy's report under the image's own name: Trivy calls an image as it was handed it, by a place in a temporary folder,
 * and a bill of materials would tell that to everybody. Touches nothing else of it.
 */
import { rawReportSchema } from './schema.ts';

/** The report with its artifact called `name`, and known to registries by `digests`. */
export function renamedReport(raw: Buffer, name: string, digests: readonly string[]): Buffer {
  const report = rawReportSchema.parse(JSON.parse(raw.toString('utf8')));
  const before = report.ArtifactName;
  const results = report.Results?.map((result) =>
    before !== undefined && result.Target.startsWith(before)
      ? { ...result, Target: `${name}${result.Target.slice(before.length)}` }
      : result,
  );
  return Buffer.from(
    JSON.stringify({
      ...report,
      ArtifactName: name,
      Metadata: { ...report.Metadata, RepoTags: [], RepoDigests: digests },
      ...(results === undefined ? {} : { Results: results }),
    }),
  );
}
