/**
 * Finds the cluster that is meant (kubeconfig, context, or the pod that this runs in) and how to be let in. The
 * client library reads the files, runs login programs and holds certificates; it is large, and loaded here alone.
 */
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { registerHooks } from 'node:module';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { didYouMean } from '../../core/near-name.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { kubernetesApi, type KubernetesApi } from './api.ts';

export interface ClusterChoice {
  /** Path of a kubeconfig; undefined: KUBECONFIG, `~/.kube/config`, or the pod's own account. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Cluster {
  readonly api: KubernetesApi;
  readonly context: string;
  /** The context's; `default` where it names none. */
  readonly namespace: string;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Asks nothing of the cluster yet: that it does not answer is told by the first request. */
export async function connectCluster(choice: ClusterChoice): Promise<Result<Cluster, Diagnostic>> {
  const Config = await loadLibrary();
  const config = new Config();
  const files = filesOf(choice);
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) return err(noKubeconfig(`there is no kubeconfig \`${missing}\``));
  let reading: string | undefined;
  try {
    for (const file of files) {
      const read = new Config();
      reading = file;
      read.loadFromFile(file);
      // As for kubectl, the first file that chooses a context wins.
      config.mergeConfig(read, (config.getCurrentContext() ?? '') !== '');
    }
    if (files.length === 0) {
      if (choice.env['KUBERNETES_SERVICE_HOST'] === undefined || !existsSync(accountFolder))
        return err(noKubeconfig('there is no kubeconfig, and this is no pod of a cluster'));
      config.loadFromCluster();
    }
  } catch (error) {
    // Behind its first line the reader draws the place.
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const which = reading === undefined ? 'the account of this pod' : `the kubeconfig \`${reading}\``;
    return err(noKubeconfig(`${which} cannot be read: ${why}`));
  }
  return clusterOf(config, choice);
}

/**
 * The library's reader of kubeconfigs alone. It comes with a model for every kind of object there is (25 MB of source,
 * and 45 MB of memory) and an HTTP client of its own (109 modules), for requests that api.ts makes itself. They are
 * left out while it is loaded.
 */
async function loadLibrary(): Promise<typeof KubeConfig> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const isTheirs = context.parentURL?.includes('/@kubernetes/client-node/') === true;
      const url = isTheirs ? leftOut.get(specifier) : undefined;
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  try {
    // By its file, for the index has everything else too.
    const { KubeConfig: Reader } = await import('@kubernetes/client-node/dist/config.js');
    return Reader;
  } finally {
    hooks.deregister();
  }
}

/** What of them the reader names, and calls for requests of its own alone. */
const leftOut: ReadonlyMap<string, string> = new Map([
  [
    './gen/index.js',
    'data:text/javascript,export class ServerConfiguration {} export const createConfiguration = undefined;',
  ],
  ['undici', 'data:text/javascript,export class Agent {} export class ProxyAgent {}'],
]);

function clusterOf(config: KubeConfig, choice: ClusterChoice): Result<Cluster, Diagnostic> {
  const known = config.getContexts().map(({ name }) => name);
  const context = choice.context ?? config.getCurrentContext();
  if (!known.includes(context)) {
    const named =
      context === undefined || context === '' ? 'no context is chosen' : `there is no context \`${context}\``;
    const help = didYouMean(context ?? '', known) ?? `\`--context\`: there are ${listed(known)}`;
    return err({ ...usage, code: 'unknown-context', message: `${named} in the kubeconfig`, help });
  }
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const message = `the context \`${context}\` names a cluster that the kubeconfig does not have`;
    return err({ ...usage, code: 'unknown-cluster', message, help: 'choose another one with `--context`' });
  }
  const authorize = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const namespace = config.getContextObject(context)?.namespace ?? 'default';
  return ok({ api: kubernetesApi(cluster.server, authorize), context, namespace });
}

function filesOf({ kubeconfig, env }: ClusterChoice): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listedFiles = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  if (listedFiles.length > 0) return listedFiles;
  const usual = path.join(env['HOME'] ?? '/', '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
}

const usage = { category: 'usage', severity: 'error' } as const;

function noKubeconfig(message: string): Diagnostic {
  return { ...usage, code: 'no-kubeconfig', message, help: 'name one: `--kubeconfig FILE`, or KUBECONFIG' };
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}
