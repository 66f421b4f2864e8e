/** A uv for images of busybox: compiles, freezes and installs locks as far as hubwright and its images ask it to. */

interface Packages {
  readonly python: ReadonlyMap<string, string>;
  readonly requires: ReadonlyMap<string, readonly string[]>;
  readonly broken: boolean;
}

/** The program; what it compiles is resolved by {@link compileLock} at that address. */
export function uvScript(index: string): string {
  return `#!/bin/sh
set -e
site=/usr/lib/python3
verb=$2
case $verb in
freeze)
  for info in $site/*.dist-info; do
    [ -e "$info" ] || continue
    name=$(basename "$info" .dist-info)
    echo "\${name%-*}==\${name##*-}"
  done ;;
compile)
  asked="$*"
  while [ $# -gt 1 ]; do
    [ "$1" != --output-file ] || out=$2
    shift
  done
  wget -q -O /tmp/answer --post-data "$asked
$(cat "$1")
---
$(cat "$out")" ${index}/compile
  if grep '^  ×' /tmp/answer >&2; then exit 1; fi
  cp /tmp/answer "$out" ;;
install)
  sed -n 's/^\\([^ =]*\\)==\\([^ ]*\\) .*/\\1 \\2/p' "$4" | while read -r name version; do
    mkdir -p "$site/$name-$version.dist-info" "$site/$name/__pycache__"
    printf 'Metadata-Version: 2.4\\nName: %s\\nVersion: %s\\n' "$name" "$version" > "$site/$name-$version.dist-info/METADATA"
    cat /proc/sys/kernel/random/uuid > "$site/$name/__pycache__/x.cpython-313.pyc"
    echo "$name $version" >> /data/packages # for the rig's scanner
  done ;;
*) echo "no such command: $*" >&2; exit 2 ;;
esac
`;
}

/** Answers what uv's \`pip compile\` would write: pins that fit are kept where nothing newer is asked for. */
export function compileLock(asked: string, { python, requires, broken }: Packages): string {
  const [head = '', lock = ''] = asked.split('\n---\n');
  const [line = '', ...requirements] = head.split('\n');
  const words = line.split(' ');
  const after = (option: string): ReadonlySet<string | undefined> =>
    new Set(words.flatMap((word, index) => (word === option ? [words[index + 1]] : [])));
  const [upgraded, brought] = [after('--upgrade-package'), after('--no-emit-package')];
  const pins = new Map(
    [...lock.matchAll(/^(\S+)==(\S+)/gm)].map(([, name = '', version]) => [name, version]),
  );
  const wanted = new Set(requirements.map((each) => each.replace(/#.*/, '').trim()).filter(Boolean));
  // What is added while it is walked is walked as well.
  for (const name of wanted) for (const other of requires.get(name) ?? []) wanted.add(other);
  const lines = [...wanted].toSorted().map((name) => {
    const kept = words.includes('--upgrade') || upgraded.has(name) ? undefined : pins.get(name);
    const version = kept ?? python.get(name);
    if (version === undefined || broken) return `  × No solution found: there are no versions of ${name}\n`;
    return brought.has(name) ? '' : `${name}==${version} \\\n    --hash=sha256:${'0'.repeat(64)}\n`;
  });
  return lines.join('');
}
