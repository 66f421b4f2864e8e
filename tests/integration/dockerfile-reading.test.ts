/**
 * BuildKit and we must see the same instructions in a text, or the graph is not that of what is built.
 * All cases stand in one Dockerfile: what is text must not be taken for an instruction (`NOT AN INSTRUCTION` would
 * stop BuildKit), and each stage that we see is copied from (one that BuildKit does not see would stop it too).
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parseDockerfile } from '../../src/graph/dockerfile.ts';
import { graphOf } from '../rig/image-set.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const docker = '/usr/bin/docker';

const texts = [
  'RUN <<EOF\nNOT AN INSTRUCTION\nEOF',
  "RUN cat <<'EOF' >/x\nNOT AN INSTRUCTION\nEOF",
  'RUN cat 3<<EOF\nNOT AN INSTRUCTION\nEOF',
  'RUN <<A <<-B\n\tA\nNOT AN INSTRUCTION\nA\n\tB',
  'ONBUILD RUN <<E\nNOT AN INSTRUCTION\nE',
  'RUN --network=none <<E\nNOT AN INSTRUCTION\nE',
  'COPY <<"E F" /x\nNOT AN INSTRUCTION\nE F',
  'RUN cat <<E\\OF\nNOT AN INSTRUCTION\nEOF',
  'RUN cat <<EOF>/x\nNOT AN INSTRUCTION\nEOF>/x',
  'RUN x \\ \n\n# c\n  NOT AN INSTRUCTION',
  'RUN x && # c \\\nNOT AN INSTRUCTION',
];

const beforeStages = [
  'RUN echo "see <<EOF"',
  'RUN cat <<<foo',
  'RUN ["cat", "<<EOF"]',
  'ENV x=<<EOF',
  "RUN echo don't <<EOF",
  'RUN x \\\\',
  'RUN echo $((1<<2))',
  'RUN echo ${X:-<<EOF}',
  'RUN <<EOF\n EOF\nEOF',
];

const bases = [
  '${NAME}',
  '$NAME',
  '"$NAME"',
  'fi${REST}',
  '${NOBODY:-first}',
  '${EMPTY:-first}',
  '${NAME:+first}',
  '${NOBODY:-${NAME}}',
];

function dockerfile(): string {
  const names = [...beforeStages, ...bases].map((_, index) => `seen-${index}`);
  return [
    'ARG NAME=first REST="rst"',
    'ARG EMPTY=',
    'FROM scratch AS first',
    'COPY file /',
    'FROM scratch AS unused',
    ...texts,
    ...beforeStages.flatMap((text, index) => [
      'FROM scratch AS unused',
      text,
      `FROM first AS ${names[index]}`,
    ]),
    ...bases.map(
      (base, index) => `from --platform=linux/amd64 ${base} as ${names[beforeStages.length + index]}`,
    ),
    'FROM scratch',
    ...names.map((name) => `COPY --from=${name.toUpperCase()} /file /${name}`),
    '',
  ].join('\n');
}

test('BuildKit sees the stages and the texts that we see', async () => {
  const text = dockerfile();
  await using folder = await temporaryFolder({ Dockerfile: text, file: '' });
  const output = `type=tar,dest=${path.join(folder.path, 'out.tar')}`;
  await promisify(execFile)(docker, ['build', '--quiet', '--output', output, folder.path]);

  const parsed = parseDockerfile(text, 'Dockerfile');
  const names = parsed.ok ? parsed.value.stages.map(({ name }) => name) : [];
  const expected = [...beforeStages, ...bases].map((_, index) => `seen-${index}`);
  expect(names.filter((name) => name !== 'unused')).toEqual(['first', ...expected, undefined]);
  // Every FROM names one of the stages: nothing leads out of the Dockerfile.
  expect(graphOf({ it: text }).graph.nodes.get('it')?.references).toEqual([]);
});
