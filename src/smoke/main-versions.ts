/** The few versions of a verdict that others go by. Pure. */
import type { Verdict } from './verdict.ts';

const told = ['jupyterhub', 'jupyterlab'] as const;

/** Python's own, and those of the packages that hub and servers have to agree on. */
export type MainVersions = { readonly [name in 'python' | (typeof told)[number]]?: string };

/** Those that were seen; empty where nothing inside could be asked. */
export function mainVersions({ versions }: Pick<Verdict, 'versions'>): MainVersions {
  const python = versions?.python;
  const packages = told.flatMap((name) => {
    const version = versions?.packages[name];
    return version === undefined ? [] : [[name, version] as const];
  });
  return { ...(python === undefined ? {} : { python }), ...Object.fromEntries(packages) };
}
