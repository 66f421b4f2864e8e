/** All that a registry names, so that a test can hold that a command left every bit of it alone. */

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

/** Digests by `repository:tag`, signatures and attestations included, of an open registry; in order. */
export async function registrySnapshot(host: string): Promise<Readonly<Record<string, string>>> {
  const { repositories } = (await ask(host, '_catalog?n=1000')) as { repositories: readonly string[] }; // a registry's list
  const named = repositories.map(async (repository) => {
    const { tags } = (await ask(host, `${repository}/tags/list`)) as { tags: readonly string[] | null }; // a registry's list
    return await Promise.all(
      (tags ?? []).map(
        async (tag) => [`${repository}:${tag}`, await digestBehind(host, repository, tag)] as const,
      ),
    );
  });
  const all = (await Promise.all(named)).flat();
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The digest behind a tag; empty where there is none. */
export async function digestBehind(host: string, repository: string, tag: string): Promise<string> {
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: manifestTypes },
  });
  return answer.headers.get('docker-content-digest') ?? '';
}

async function ask(host: string, path: string): Promise<unknown> {
  return await (await fetch(`http://${host}/v2/${path}`)).json();
}
