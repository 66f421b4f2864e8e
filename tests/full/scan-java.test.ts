/**
 * Images with Java archives, by the real Trivy: what an archive is called is in a database of its own, which is told
 * where it is missing, had from the family's own registry once it is mirrored, and kept up to date.
 */
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { startRegistry } from '../rig/registry.ts';
import {
  publishDatabase,
  realTrivy,
  writeDatabase,
  writeJavaDatabase,
  type JavaArchive,
} from '../rig/trivy-database.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000 });

/** The shortest archive there is: it holds nothing, and nobody could say from it what it is. */
const bytes = Buffer.from(`PK\u0005\u0006${'\0'.repeat(18)}`);
const driver: JavaArchive = { bytes, group: 'org.example', artifact: 'driver', version: '1.0' };
const hole = {
  id: 'CVE-2099-0003',
  where: 'maven',
  name: 'org.example:driver',
  fixed: '99.0',
  severity: 'CRITICAL',
} as const;

const matrix = (places: readonly string[]): string =>
  matrixOf(
    ['base'],
    `registry: \${DOCKER_REGISTRY}\ntags: [latest]\nscan: { javaDatabases: ${JSON.stringify(places)} }\n`,
  );

function failure(events: readonly RunEvent[]): string | undefined {
  return events
    .flatMap((event) =>
      event.kind === 'image-finished' && event.outcome.kind === 'failed'
        ? [event.outcome.failure.message]
        : [],
    )
    .at(0);
}

test('what is in a Java archive is judged by the names of the mirrored database, and told where there is none', async () => {
  await using registry = await startRegistry();
  const upstream = `${registry.host}/public/trivy-java-db:1`;
  const own = `${registry.host}/courses/trivy-java-db:1`;
  await using family = await workspace({
    'matrix.yaml': matrix([upstream]),
    'base/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY lib /opt/lib/\nCMD ["true"]\n',
    'base/lib/driver.jar': String(bytes),
  });
  const cache = path.join(family.directory, 'trivy');
  const env = {
    DOCKER_REGISTRY: `${registry.host}/courses`,
    HUBWRIGHT_TRIVY: await realTrivy(),
    HUBWRIGHT_TRIVY_CACHE: cache,
  };
  await writeDatabase(cache, [hole]);
  const without = await family.events(['--push'], env);
  expect(without.exitCode, without.stderr).toBe(3);
  expect(failure(without.events)).toMatch(
    /^there are Java archives in it, and the database of their names cannot be had: Trivy image: \w.*build mirror --trivy-java-db/,
  );

  const made = path.join(family.directory, 'made');
  await writeJavaDatabase(made, [driver]);
  await publishDatabase(upstream, 'javadb', made);
  const mirrored = await family.build(['mirror', '--trivy-java-db'], env);
  expect(mirrored.exitCode, mirrored.stderr).toBe(0);
  expect(mirrored.stdout).toContain(`scan: { javaDatabases: ["${own}"] }`);
  await family.write('matrix.yaml', matrix([own]));
  const held = await family.events(['--changed', '--push'], env);
  expect(failure(held.events)).toBe('CVE-2099-0003 (critical) in org.example:driver 1.0, mended in 99.0');

  // One that is there and past its day is brought up to date, where the archive is called another version now.
  await writeJavaDatabase(made, [{ ...driver, version: '99.0' }]);
  await publishDatabase(own, 'javadb', made);
  await writeJavaDatabase(path.join(cache, 'java-db'), [driver], 2);
  // Of layers that were looked at, Trivy remembers what is in them.
  await family.write('base/lib/README', 'edited');
  const mended = await family.events(['--changed', '--push'], env);
  expect(mended.exitCode, mended.stderr).toBe(0);
});
