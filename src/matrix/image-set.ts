/**
 * What matrix.yaml and matrix.lock say, checked and expanded: the data that every later room works on.
 * Types, and the words that a user may choose from. Reading and checking live in the other files of this room; nothing here knows a Dockerfile.
 */
import type { SourceSpan } from '../core/diagnostic.ts';
import type { SignSettings, TrustEntry } from './signers.ts';

/** What an image is started as; it chooses the smoke profile. A `builder` serves other builds alone: it is neither started nor published. */
export const imageKinds = [
  'singleuser',
  'pytorch',
  'local',
  'hub',
  'proxy',
  'database',
  'nfs',
  'registry',
  'custom',
  'builder',
] as const;

export type ImageKind = (typeof imageKinds)[number];

/** What images are built for: one of them a run, natively. */
export const platforms = ['linux/amd64', 'linux/arm64'] as const;

/** What the hub will grant a container of this image; the smoke test runs under it. */
export interface Resources {
  /** Bytes. */
  readonly memory?: number;
  /** Processors, fractions allowed. */
  readonly cpu?: number;
}

/** A clause of the contract that an image need not fulfil for a time. */
export interface Waiver {
  readonly clause: string;
  readonly reason: string;
  /** The last day on which it holds, YYYY-MM-DD. */
  readonly until: string;
  /** Where its clause stands. */
  readonly span: SourceSpan;
}

/** One image: a definition with a value for each of its axes. */
export interface Image {
  /** Unique in the family, a valid repository path component: `course-physics-student`. */
  readonly name: string;
  /** Key under `images:` that it comes from: `course`. */
  readonly definition: string;
  readonly kind: ImageKind;
  /** Folder relative to the repository's root with forward slashes; undefined means an empty context. */
  readonly context: string | undefined;
  /** The folder that would be its context, where that is empty because it is not there. */
  readonly absentContext?: string;
  /** Dockerfile's path relative to the repository's root, with forward slashes. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  /** Build arguments, interpolated. An argument whose optional value is absent is not in here, so that the Dockerfile's default holds. */
  readonly args: Readonly<Record<string, string>>;
  /** Value of each axis, as a selector names it: `{ course: 'physics', role: 'student' }`. */
  readonly axes: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** Places among the builds at once that its build takes, at least 1. */
  readonly weight: number;
  /** Upper bound of the unpacked size in bytes. */
  readonly maxSize: number | undefined;
  /** References from outside that this image stands for in others' FROM lines. */
  readonly provides: readonly string[];
  /** Shell command that has to succeed inside it; kind `custom` alone has one. */
  readonly check: string | undefined;
  /** Those that it is for; empty: all. */
  readonly platforms: readonly string[];
  /** Those that hold today. */
  readonly waivers: readonly Waiver[];
  /** Day (YYYY-MM-DD) as of which its operating-system packages are taken, from matrix.lock. */
  readonly epoch: string | undefined;
  /** Where the definition stands in matrix.yaml. */
  readonly span: SourceSpan;
}

/** An image from outside that ours start from. */
export interface Root {
  readonly name: string;
  /** Reference as it stands in Dockerfiles: `debian:trixie-slim`. */
  readonly from: string;
  /** Digest from matrix.lock (`sha256:…`); undefined while the root is open. */
  readonly digest: string | undefined;
  /** How it can be made on the spot where no registry of the world answers. */
  readonly bootstrap: { readonly debian: string } | undefined;
  readonly span: SourceSpan;
}

/** An image of somebody else's that is copied into our registry as it is. */
export interface Mirror {
  readonly name: string;
  readonly from: string;
  /** Digest from matrix.lock (`sha256:…`); undefined while it is open. */
  readonly digest: string | undefined;
  readonly span: SourceSpan;
}

/** A build secret; its value is read only when a build asks for it. */
export interface SecretSource {
  readonly id: string;
  readonly source:
    | { readonly kind: 'env'; readonly name: string }
    | { readonly kind: 'file'; readonly path: string };
  readonly span: SourceSpan;
}

export type Naming = 'repository-per-image' | 'single-repository';

/** Where images are published: `localhost:5000`, `europe-docker.pkg.dev/project/hub`. */
export interface RegistryTarget {
  readonly prefix: string;
  readonly naming: Naming;
}

/** An image from outside as matrix.lock names it. */
export interface LockedImage {
  /** The reference that it was locked for; undefined where the lock says the digest alone. */
  readonly from: string | undefined;
  /** `sha256:…` */
  readonly digest: string;
}

/** What matrix.lock holds. An absent file is an empty lock. */
export interface Lock {
  /** By a root's name; by its reference where only a Dockerfile names it. */
  readonly roots: Readonly<Record<string, LockedImage>>;
  /** By a mirror's name. */
  readonly mirrors: Readonly<Record<string, LockedImage>>;
  /** `<url>#<ref>` → commit. */
  readonly git: Readonly<Record<string, string>>;
  /** Image name → day. */
  readonly epochs: Readonly<Record<string, string>>;
}

/** A commit that matrix.lock has to name. */
export interface GitReference {
  /** Key under `git:` in matrix.lock: `<url>#<ref or HEAD>`. */
  readonly key: string;
  readonly url: string;
  /** Undefined: the repository's default branch. */
  readonly ref: string | undefined;
}

/** How bad a hole in a package is, from the least to the worst, as scanners rank them. */
export const severities = ['unknown', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** How images are scanned, and what holds one back. */
export interface ScanSettings {
  /** Holes of this severity and worse hold an image back … */
  readonly severity: Severity;
  /** … all of them, or only those that a newer version mends. */
  readonly fixableOnly: boolean;
  /** Days that a hole may stay published before it is overdue. */
  readonly deadlineDays: number;
  /** Path of the file of exceptions, from the repository's root. */
  readonly exceptions: string | undefined;
  /** References of Trivy's database, first come first; empty: Trivy's own. */
  readonly databases: readonly string[];
  /** The same of its database of the names of Java archives. */
  readonly javaDatabases: readonly string[];
  readonly maxDatabaseAgeHours: number;
}

/** A taint that pods put up with, as Kubernetes writes it. */
export interface Toleration {
  readonly key?: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A group of Kubernetes nodes, and the images that they shall have before users come. */
export interface Pool {
  readonly name: string;
  /** Names of images and mirrors, in the family's order. */
  readonly images: readonly string[];
  /** Labels of its nodes; none: every node. */
  readonly selector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly nodes: number | undefined;
  /** Of a node's disk for images. */
  readonly diskBytes: number | undefined;
  /** What a node pulls in a second. */
  readonly bytesPerSecond: number | undefined;
  /** Nodes that pull at once: a number, or a share such as `25%`. */
  readonly stagger: number | string;
  /** Undefined: the namespace of the kubeconfig. */
  readonly namespace: string | undefined;
  /** Those of the user pods, for what one pod pulled with a secret, another without it may not use. */
  readonly pullSecrets: readonly string[];
  readonly serviceAccount: string | undefined;
  readonly priorityClass: string | undefined;
  readonly span: SourceSpan;
}

/** What Helm values and the release have to do with each other where repositories' names do not say it. */
export interface ValuesSettings {
  /** Which image goes where: keys of the chart, `*` for any one, a list's items also by their names. */
  readonly images: readonly {
    readonly path: readonly string[];
    readonly image: string;
    readonly span: SourceSpan;
  }[];
  /** Registries that the family was published in before. */
  readonly formerly: readonly string[];
  /** Name of the Secret that nodes pull with. */
  readonly pullSecret: string | undefined;
}

/** Days on which the night moves nothing, both included; YYYY-MM-DD. */
export interface FreezeWindow {
  readonly first: string;
  readonly last: string;
}

/** What nights do where their options do not say otherwise. */
export interface NightlySettings {
  /** Whether Python locks move as well. */
  readonly python: boolean;
}

/** The whole family. */
export interface ImageSet {
  /** Absolute path of the folder that holds matrix.yaml. */
  readonly directory: string;
  /** In the order of the file, axes expanded in the order written. Names are unique. */
  readonly images: readonly Image[];
  readonly roots: readonly Root[];
  readonly mirrors: readonly Mirror[];
  /** Group name → image names, expanded. `default` is what a command without names takes. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly registry: RegistryTarget | undefined;
  /** Tag templates with the environment filled in; `{date}`, `{key}`, `{name}` are left for publishing. */
  readonly tags: readonly string[];
  /** Those of `tags` that never move from one image to another. */
  readonly fixedTags: ReadonlySet<string>;
  readonly secrets: readonly SecretSource[];
  /** Undefined: nothing is scanned. */
  readonly scan: ScanSettings | undefined;
  readonly pools: readonly Pool[];
  readonly values: ValuesSettings;
  /** Undefined: nothing is signed. */
  readonly sign: SignSettings | undefined;
  /** Empty: whoever may write to the registry is believed. */
  readonly trust: readonly TrustEntry[];
  readonly freeze: readonly FreezeWindow[];
  readonly nightly: NightlySettings;
  readonly lock: Lock;
  /** What courses ask to have cloned into their images. */
  readonly clones: readonly GitReference[];
}
