/** The names that images of the engine got for a test's registry. */
import { execa } from 'execa';

/** Takes them away; to be called when the registry is done with. The images stay. */
export async function removeTagsOf(host: string): Promise<void> {
  const { stdout } = await execa('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}']);
  const tags = stdout.split('\n').filter((tag) => tag.startsWith(`${host}/`) && !tag.endsWith('<none>'));
  if (tags.length > 0) await execa('docker', ['rmi', '--no-prune', ...tags]);
}
