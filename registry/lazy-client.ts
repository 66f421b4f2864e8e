/** The client as it is loaded with its first question: many a run of a program asks no registry. Prints nothing. */
import type { RegistryClient, RegistryClientOptions } from './client.ts';

/** As `createRegistryClient`. */
export function lazyRegistryClient(options: RegistryClientOptions): RegistryClient {
  let opened: Promise<RegistryClient> | undefined;
  const open = async (): Promise<RegistryClient> => {
    const { createRegistryClient } = await import('./client.ts');
    return createRegistryClient(options);
  };
  const client = (): Promise<RegistryClient> => (opened ??= open());
  return {
    ping: async (...args) => (await client()).ping(...args),
    headManifest: async (...args) => (await client()).headManifest(...args),
    getManifest: async (...args) => (await client()).getManifest(...args),
    putManifest: async (...args) => (await client()).putManifest(...args),
    listTags: async (...args) => (await client()).listTags(...args),
    headBlob: async (...args) => (await client()).headBlob(...args),
    getBlob: async (...args) => (await client()).getBlob(...args),
    uploadBlob: async (...args) => (await client()).uploadBlob(...args),
    copyImage: async (...args) => (await client()).copyImage(...args),
    listReferrers: async (...args) => (await client()).listReferrers(...args),
    attachReferrer: async (...args) => (await client()).attachReferrer(...args),
    deleteManifest: async (...args) => (await client()).deleteManifest(...args),
  };
}
