/**
 * What a machine must have, and what can be done where it has not: the words that the other files of
 * this room share. Types only.
 */
import type { EngineAddress } from '../engine/engine-address.ts';

export type RequirementId =
  | 'node'
  | 'npm'
  | 'git'
  | 'engine'
  | 'disk'
  | 'mmdebstrap'
  | 'debian-archive-keyring'
  | 'docker-registry'
  | 'busybox-static'
  | 'iproute2'
  | 'make'
  | 'chromium'
  | 'cosign'
  | 'go'
  | 'trivy';

/**
 * `missing`: not installed. `too-old`, `not-running`: installed, but not fit. `not-allowed`: there, and not for this
 * user. `ok`: nothing to do.
 */
export type RequirementState = 'ok' | 'missing' | 'too-old' | 'not-running' | 'not-allowed';

/** One thing that a machine must have; a line of `build doctor`. */
export interface Requirement {
  readonly id: RequirementId;
  readonly name: string;
  /** What it is for, in a few words. */
  readonly why: string;
  readonly needed: string;
  /** What was found, with what is worth knowing of it (`26.1.5, classic store`); undefined: nothing. */
  readonly found: string | undefined;
  readonly state: RequirementState;
  /** The exact command that mends it; undefined where it is ok. */
  readonly mend: string | undefined;
}

/** What has to be there beyond the plain building of images. */
export interface Purpose {
  /** A root image has to be made on the spot. */
  readonly bootstrap: boolean;
  /** The project's own tests are to run; they make a root, too. */
  readonly tests: boolean;
  /** `build smoke --family` is to run: it needs a browser. */
  readonly browser?: boolean;
  /** Published images are to be signed. */
  readonly signing?: boolean;
  /** Images are to be scanned. */
  readonly scanning?: boolean;
}

/** One version of a package that apt could install. */
export interface PackageVersion {
  readonly version: string;
  /** The highest pin priority of its sources. */
  readonly priority: number;
  /** Suites that offer it: `bookworm`; empty where it is merely installed. */
  readonly suites: readonly string[];
}

/** One entry of apt's sources that names binary packages. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** What decides how missing things are had. */
export interface Machine {
  readonly root: boolean;
  readonly apt: boolean;
  readonly serviceManager: 'systemd' | 'none';
  readonly sources: readonly AptSource[];
  /** Versions of docker.io that apt knows of; empty where it knows nothing, as on a machine without lists. */
  readonly engineVersions: readonly PackageVersion[];
  /** Version of the `dockerd` on PATH, whether it runs or not. */
  readonly daemon: string | undefined;
  /** Whether an engine answers, fit or not. */
  readonly engineAnswers: boolean;
  /** Where the engine is; who chose another than this machine's own mends it there. */
  readonly engineAddress: EngineAddress;
}

/** One thing that setup does. `shown` is what a person would type for it. */
export type SetupStep = {
  readonly title: string;
  readonly reason: string;
  readonly shown: readonly string[];
} & (
  | { readonly kind: 'write-file'; readonly path: string; readonly content: string }
  | { readonly kind: 'refresh-package-lists' }
  | {
      readonly kind: 'install';
      readonly packages: readonly string[];
      /** Installed where the archive has them. */
      readonly optional: readonly string[];
      /** Suite to prefer, or undefined for the machine's own. */
      readonly suite: string | undefined;
    }
  /** With Go, into the user's cache folder. */
  | { readonly kind: 'build-trivy' }
  | { readonly kind: 'start-engine'; readonly serviceManager: Machine['serviceManager'] }
);

/** All that setup will do, in order; no steps where all is there. */
export interface SetupPlan {
  readonly steps: readonly SetupStep[];
}
