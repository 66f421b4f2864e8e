/** Why a node does not have an image, in words that say what to do: from what kubelet writes. Pure. */

export type FailureKind =
  | 'login'
  | 'denied'
  | 'not-found'
  | 'too-many-requests'
  | 'unreachable'
  | 'disk'
  | 'too-many-pods'
  | 'evicted'
  | 'no-shell'
  | 'other';

export interface FailureReason {
  readonly kind: FailureKind;
  /** A few words. */
  readonly text: string;
  /** What to do, where there is something to do. */
  readonly help?: string;
}

const texts: Readonly<Record<Exclude<FailureKind, 'other'>, Omit<FailureReason, 'kind'>>> = {
  login: {
    text: 'the registry wants a login (401)',
    help: 'name the user pods’ secret in the pool: `pullSecrets: [NAME]`, or their `serviceAccount`',
  },
  denied: {
    text: 'the registry denies it (403)',
    help: 'let the nodes’ account, or the pool’s `pullSecrets`, read this repository',
  },
  'not-found': {
    text: 'the registry does not have it (404)',
    help: 'publish the family again (`build images --changed --push`), or see whether retention removed it',
  },
  'too-many-requests': {
    text: 'the registry answers too many requests (429)',
    help: 'fewer nodes at once: `stagger:` of the pool',
  },
  unreachable: { text: 'the registry cannot be reached from the node' },
  disk: { text: 'the node’s disk is full', help: 'a larger disk, or fewer images in the pool' },
  'too-many-pods': {
    text: 'the node has no room for another pod',
    help: 'every node takes one more pod while images are pulled; raise its limit of pods',
  },
  evicted: { text: 'the node evicted the puller' },
  'no-shell': {
    text: 'the image has no `/bin/sh` to start',
    help: 'publish the family’s own `pause` image, which brings a program along',
  },
};

/** From the most telling to the least. A digest holds many numbers, so codes stand between blanks or after a word. */
const patterns: readonly (readonly [RegExp, Exclude<FailureKind, 'other'>])[] = [
  [/no space left|disk pressure|DiskPressure/i, 'disk'],
  [/too many requests|toomanyrequests|(?:status|code)[: ]+429|\b429\b(?![0-9a-f])/i, 'too-many-requests'],
  [
    /unauthorized|no basic auth|authentication required|authorization failed|(?:status|code)[: ]+401/i,
    'login',
  ],
  [/forbidden|denied|(?:status|code)[: ]+403/i, 'denied'],
  [/not found|manifest unknown|name unknown|(?:status|code)[: ]+404/i, 'not-found'],
  [
    /no such host|connection refused|i\/o timeout|deadline exceeded|TLS|x509|network is unreachable|connection reset|EOF/i,
    'unreachable',
  ],
  [/exec: .*(?:no such file|not found)|no such file or directory/i, 'no-shell'],
];

/** `reason` is Kubernetes' word (`ImagePullBackOff`), `message` kubelet's sentence. */
export function failureReason(reason: string | undefined, message: string | undefined): FailureReason {
  if (reason === 'Evicted') return of('evicted');
  if (/^OutOfpods$/i.test(reason ?? '') || /too many pods/i.test(message ?? '')) return of('too-many-pods');
  const starting =
    /^(?:RunContainerError|StartError|CrashLoopBackOff|CreateContainerError|ContainerCannotRun)$/;
  if (starting.test(reason ?? '') && /no such file|not found/i.test(message ?? '')) return of('no-shell');
  const found = patterns.find(([pattern]) => pattern.test(message ?? ''));
  if (found !== undefined) return of(found[1]);
  const said = message === undefined || message === '' ? undefined : message;
  return { kind: 'other', text: [reason, said].filter((part) => part !== undefined).join(': ') || 'unknown' };
}

function of(kind: Exclude<FailureKind, 'other'>): FailureReason {
  return { kind, ...texts[kind] };
}
