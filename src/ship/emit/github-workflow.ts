/**
 * The workflow for GitHub Actions: pull requests, the main branch and the night. Pure text; the same choices give the
 * same bytes. What the commands in it do is theirs to know.
 */

/** Actions by commit: a tag can be moved to other code. The comment is the release that the commit is. */
const actions = {
  checkout: 'actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0',
  cache: 'actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0',
  upload: 'actions/upload-artifact@330a01c490aca151604b8cf639adc76d48f6c5d4 # v5.0.0',
} as const;

export interface WorkflowChoices {
  /** What starts hubwright in the repository: `./build`. */
  readonly command: string;
  readonly branch: string;
  /** When the night begins, as cron says it, UTC. */
  readonly cron: string;
  /** Where images are published; undefined: the packages of the repository itself on ghcr.io. */
  readonly registry: string | undefined;
  /** Graph levels that become jobs of their own on the main branch; 0: one job for all. */
  readonly levels: number;
  /** Whether what is published is signed as the job that publishes it: such a job may ask GitHub who it is. */
  readonly signsAsItself: boolean;
  /** Build secrets that come from the environment, by the variable's name. */
  readonly secrets: readonly string[];
  /** Whether the night takes new Python packages in as well, and commits their locks. */
  readonly python: boolean;
}

/** GitHub's own registry, which needs no further login. */
const ownRegistry = 'ghcr.io';

/** The first line, by which a file of ours is known. */
export const workflowHeader = '# Written by `build emit github`; write it anew rather than edit it.';

/** The workflow's text. */
export function githubWorkflow(choices: WorkflowChoices): string {
  const { branch, cron, levels } = choices;
  const main = levels === 0 ? mainJob(choices) : fanOut(choices);
  return `${workflowHeader}
# Actions are pinned by commit; \`git ls-remote https://github.com/OWNER/NAME refs/tags/VERSION\` tells whether one is
# what its comment says.
name: images

on:
  pull_request:
  push:
    branches: [${quoted(branch)}]
  schedule:
    - cron: ${quoted(cron)}
  workflow_dispatch:

# Nothing by default: each job says what it needs.
permissions: {}

concurrency:
  group: images-\${{ github.event_name == 'pull_request' && github.ref || 'publish' }}
  # A pull request's newer commit replaces the older one; what publishes is never cut off.
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

defaults:
  run:
    shell: bash

jobs:
${pullRequestJob(choices)}
${main}
${nightJob(choices)}`;
}

/** Builds and checks what the request changes. It has no secret and publishes nothing, so forks' requests may run it. */
function pullRequestJob(choices: WorkflowChoices): string {
  return `  pull-request:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 120
    permissions:
      contents: read
      packages: read
    steps:
${checkout}
${cacheStep}
${registryStep(choices)}
${loginStep(choices, 'read')}
      - name: Build and check what is changed
        run: ${choices.command} images --changed
${logsStep('pull-request')}`;
}

function mainJob(choices: WorkflowChoices): string {
  return `  publish:
    if: github.event_name == 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 360
    permissions:
      contents: read
${identityOf(choices)}      packages: write
    steps:
${checkout}
${cacheStep}
${registryStep(choices)}
${loginStep(choices, 'write')}
      - name: Build, check and publish what is changed
${secretsOf(choices)}        run: ${choices.command} images --changed --push
${logsStep('publish')}`;
}

/** One job an image: a level begins when the one before it has ended, and a failure stays in its branch. */
function fanOut(choices: WorkflowChoices): string {
  const plan = `  plan:
    if: github.event_name == 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
      packages: read
    outputs:
      levels: \${{ steps.plan.outputs.levels }}
    steps:
${checkout}
${cacheStep}
${registryStep(choices)}
${loginStep(choices, 'read')}
      - id: plan
        run: echo "levels=$(${choices.command} plan --push --format github-matrix)" >> "$GITHUB_OUTPUT"
`;
  const levels = Array.from({ length: choices.levels }, (_, level) => levelJob(choices, level));
  return [plan, ...levels].join('\n');
}

function levelJob(choices: WorkflowChoices, level: number): string {
  const matrix = `fromJSON(needs.plan.outputs.levels)[${level}]`;
  const needs = level === 0 ? 'plan' : `[plan, level-${level}]`;
  const condition = level === 0 ? matrix : `\${{ !cancelled() && ${matrix} }}`;
  return `  level-${level + 1}:
    needs: ${needs}
    if: ${condition}
    strategy:
      fail-fast: false
      matrix: \${{ ${matrix} }}
    name: \${{ matrix.image }}
    runs-on: ubuntu-24.04
    timeout-minutes: 120
    permissions:
      contents: read
${identityOf(choices)}      packages: write
    steps:
${checkout}
${cacheStep}
${registryStep(choices)}
${loginStep(choices, 'write')}
      - name: Build, check and publish
        env:
          IMAGE: \${{ matrix.image }}
${secretLines(choices)}        run: ${choices.command} images "$IMAGE" --changed --push
${logsStep('level', '-${{ matrix.image }}')}`;
}

/** What the night writes and commits, as git's patterns. */
const committed = {
  lock: 'matrix.lock',
  locks: "matrix.lock '*requirements.lock'",
} as const;

function nightJob(choices: WorkflowChoices): string {
  const { python } = choices;
  const files = python ? committed.locks : committed.lock;
  // A file that is not there, or that git ignores, is nothing to add, and no mistake.
  const add = python
    ? `git ls-files -z --modified --others --exclude-standard -- ${files} | xargs -0 git add --`
    : `git add -- ${files}`;
  return `  night:
    if: github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'
    runs-on: ubuntu-24.04
    timeout-minutes: 360
    permissions:
      contents: write # ${python ? 'the locks' : 'matrix.lock'}
${identityOf(choices)}      packages: write
    steps:
${checkout}
${cacheStep}
${registryStep(choices)}
${loginStep(choices, 'write')}
      - name: Take today's packages in where something differs
${secretsOf(choices)}        run: ${choices.command} nightly ${python ? '--python ' : ''}--summary "$RUNNER_TEMP/night.md"
      - name: Tell what the night came to
        if: \${{ !cancelled() }}
        run: if [ -e "$RUNNER_TEMP/night.md" ]; then cat "$RUNNER_TEMP/night.md" >> "$GITHUB_STEP_SUMMARY"; fi
      # Also after a night that held an image back: what was published beside it stands in the ${python ? 'locks' : 'lock'}.
      - name: Commit ${python ? 'the locks' : 'matrix.lock'}
        if: \${{ !cancelled() }}
        env:
          TOKEN: \${{ github.token }}
        run: |
          if [ -z "$(git status --porcelain -- ${files})" ]; then exit 0; fi
          git config user.name 'github-actions[bot]'
          git config user.email '41898282+github-actions[bot]@users.noreply.github.com'
          ${add}
          { printf 'Take the packages of %s in\\n\\n' "$(date --utc +%F)"; cat "$RUNNER_TEMP/night.md"; } | git commit --quiet --file -
          remote="https://x-access-token:$TOKEN@\${GITHUB_SERVER_URL#https://}/$GITHUB_REPOSITORY"
          # Somebody may have pushed while the night went on.
          git fetch --quiet "$remote" "$GITHUB_REF_NAME"
          git rebase --quiet FETCH_HEAD
          git push --quiet "$remote" "HEAD:$GITHUB_REF_NAME"
${logsStep('night')}`;
}

function identityOf({ signsAsItself }: WorkflowChoices): string {
  return signsAsItself ? '      id-token: write # the identity that signs\n' : '';
}

/** Without the token in .git/config, where a build context could take it along. */
const checkout = `      - uses: ${actions.checkout}
        with:
          persist-credentials: false`;

const cacheStep = `      - uses: ${actions.cache}
        with:
          path: |
            ~/.npm
            ~/.cache/hubwright
            .hubwright/record
          key: hubwright-\${{ hashFiles('package-lock.json') }}-\${{ github.run_id }}
          restore-keys: hubwright-\${{ hashFiles('package-lock.json') }}-`;

function registryStep({ registry }: WorkflowChoices): string {
  const value = registry ?? `${ownRegistry}/\${GITHUB_REPOSITORY,,}`;
  return `      - name: Name the registry
        run: echo "DOCKER_REGISTRY=${value}" >> "$GITHUB_ENV"`;
}

/** The engine's own login, with the password on stdin: no further action to trust. */
function loginStep({ registry }: WorkflowChoices, access: 'read' | 'write'): string {
  const host = registry === undefined ? ownRegistry : (registry.split('/')[0] ?? registry);
  const isOwn = host === ownRegistry;
  const user = isOwn ? '${{ github.actor }}' : '${{ secrets.REGISTRY_USERNAME }}';
  const password = isOwn ? '${{ github.token }}' : '${{ secrets.REGISTRY_PASSWORD }}';
  // Forks' requests get no secret: then what anybody may read is read.
  const condition = !isOwn && access === 'read' ? `\n        if: github.event_name != 'pull_request'` : '';
  return `      - name: Log in${condition}
        env:
          USERNAME: ${user}
          PASSWORD: ${password}
        run: printf '%s' "$PASSWORD" | docker login ${host} --username "$USERNAME" --password-stdin`;
}

function secretsOf(choices: WorkflowChoices): string {
  return choices.secrets.length === 0 ? '' : `        env:\n${secretLines(choices)}`;
}

function secretLines({ secrets }: WorkflowChoices): string {
  return secrets.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('');
}

function logsStep(name: string, more = ''): string {
  return `      - if: failure()
        uses: ${actions.upload}
        with:
          name: ${name}${more}-logs
          path: .hubwright/runs
          include-hidden-files: true
          retention-days: 7
`;
}

/** A word of YAML that nothing in it can end. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
