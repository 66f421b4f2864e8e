/**
 * References to images as people write them (`debian`, `localhost:5000/a/b:tag@sha256:…`), parsed into
 * their parts after the grammar of the OCI distribution specification and Docker's short names.
 * Pure text: asks no registry, and adds no default tag, so that "no tag" stays visible to the caller.
 */
import { isDigest, type Digest } from './digest.ts';

/** Docker Hub's name in references; the host that really answers for it is the transport's business. */
export const DOCKER_HUB = 'docker.io';

export interface Reference {
  readonly kind: 'reference';
  /** Host, with its port when one was written; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** The path within the registry, e.g. `library/debian`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  /** The name as Docker shows it, without tag and digest: `debian`, `jupyter/base`, `quay.io/jupyter/base`. */
  readonly familiarName: string;
}

export interface InvalidReference {
  readonly kind: 'invalid-reference';
  /** What was parsed, cut to a length that fits a message. */
  readonly text: string;
  /** One sentence that says what is wrong and what would be right. */
  readonly message: string;
}

// The specification leaves the limit to clients; 255 for host, slash and repository is the common one.
const NAME_LIMIT = 255;
const TAG_LIMIT = 128;
// Name, tag and the longest digest with their separators, with room to spare: longer input is no reference.
const TEXT_LIMIT = 1024;

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const REGISTRY = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9a-fA-F:]+\\])(?::([0-9]{1,5}))?$`);

/** True for a tag (OCI distribution specification: at most 128 characters, no leading `.` or `-`). */
export function isValidTag(text: string): boolean {
  return TAG.test(text);
}

/** True for a repository's path without its registry (OCI distribution specification, `<name>`). */
export function isValidRepository(text: string): boolean {
  return text.length <= NAME_LIMIT && REPOSITORY.test(text);
}

/** True for `host`, `host:port` or `[address]:port`. */
export function isValidRegistry(text: string): boolean {
  if (text.length > NAME_LIMIT) return false;
  const match = REGISTRY.exec(text);
  if (match === null) return false;
  const port = match[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
}

/**
 * Parses a reference: `[registry/]repository[:tag][@digest]`.
 * As Docker does, the first component is a registry only when it holds a dot, a colon or an upper-case
 * letter, or is `localhost`; everything else lies on Docker Hub, single names under `library/`.
 * Never throws: what is not a reference comes back as InvalidReference with a message for the user.
 */
export function parseReference(text: string): Reference | InvalidReference {
  if (text === '') return invalid(text, 'An image reference must not be empty.');
  if (text.length > TEXT_LIMIT) {
    return invalid(text, `This is too long for an image reference (${text.length} characters).`);
  }
  if (/\s/.test(text)) return invalid(text, 'An image reference contains no white space.');
  if (text.includes('://')) {
    return invalid(text, 'An image reference has no scheme: leave out everything up to `://`.');
  }
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) {
    return invalid(text, 'This is an image ID, not a reference: name a repository, as in `name@sha256:…`.');
  }

  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    return invalid(
      text,
      `\`${shorten(digest)}\` is not a digest: it has to be \`sha256:\` and 64 hex digits.`,
    );
  }

  const beforeDigest = at === -1 ? text : text.slice(0, at);
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > beforeDigest.lastIndexOf('/');
  const tag = hasTag ? beforeDigest.slice(colon + 1) : undefined;
  if (tag !== undefined && !isValidTag(tag)) return invalid(text, explainTag(tag));

  const name = hasTag ? beforeDigest.slice(0, colon) : beforeDigest;
  const { registry, repository } = splitName(name);
  const trouble = explainName(registry, repository);
  if (trouble !== undefined) return invalid(text, trouble);
  return makeReference(registry, repository, tag, digest);
}

/** The whole reference with nothing left out but a tag that was never there: `docker.io/library/debian:13`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffixOf(reference)}`;
}

/** The reference as Docker shows it, with tag and digest: `debian:13`. */
export function formatFamiliar(reference: Reference): string {
  return `${reference.familiarName}${suffixOf(reference)}`;
}

/** The same repository under another tag, without a digest. Throws for what is no tag (check with isValidTag). */
export function withTag(reference: Reference, tag: string): Reference {
  if (!isValidTag(tag)) throw new TypeError(explainTag(tag));
  return makeReference(reference.registry, reference.repository, tag, undefined);
}

/** A reference by its digest. */
export type DigestReference = Reference & { readonly digest: Digest };

/** The same repository at exactly this digest, without a tag. */
export function withDigest(reference: Reference, digest: Digest): DigestReference {
  return { ...makeReference(reference.registry, reference.repository, undefined, digest), digest };
}

function makeReference(
  registry: string,
  repository: string,
  tag: string | undefined,
  digest: Digest | undefined,
): Reference {
  return {
    kind: 'reference',
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    familiarName: familiarNameOf(registry, repository),
  };
}

function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  if (slash === -1 || !looksLikeRegistry(first)) {
    return { registry: DOCKER_HUB, repository: slash === -1 ? `library/${name}` : name };
  }
  const rest = name.slice(slash + 1);
  if (first === DOCKER_HUB || first === 'index.docker.io') {
    return { registry: DOCKER_HUB, repository: rest.includes('/') ? rest : `library/${rest}` };
  }
  return { registry: first, repository: rest };
}

function looksLikeRegistry(component: string): boolean {
  return component === 'localhost' || /[.:A-Z]/.test(component);
}

function familiarNameOf(registry: string, repository: string): string {
  if (registry !== DOCKER_HUB) return `${registry}/${repository}`;
  const [first = '', ...rest] = repository.split('/');
  if (first === 'library' && rest.length === 1) return rest.join('/');
  // `docker.io/localhost/x` without its registry would mean another image.
  return looksLikeRegistry(first) || rest.length === 0 ? `${registry}/${repository}` : repository;
}

function suffixOf(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return tag + digest;
}

function explainTag(tag: string): string {
  if (tag === '') return 'There is a `:` but no tag after it.';
  if (tag.length > TAG_LIMIT) return `The tag has ${tag.length} characters; ${TAG_LIMIT} are allowed.`;
  return `\`${shorten(tag)}\` is not a tag: letters, digits, \`_\`, \`.\` and \`-\` are allowed, and it must not begin with \`.\` or \`-\`.`;
}

function explainName(registry: string, repository: string): string | undefined {
  if (!isValidRegistry(registry)) return `\`${shorten(registry)}\` is not a registry's host.`;
  // Docker reads an upper-case first component as a host; a person meant a name.
  if (/[A-Z]/.test(registry) && !/[.:]/.test(registry)) {
    return `A repository's name is lower case: write \`${shorten(`${registry}/${repository}`.toLowerCase())}\`.`;
  }
  if (isValidRepository(repository)) {
    const length = registry.length + 1 + repository.length;
    if (length <= NAME_LIMIT) return undefined;
    return `Registry and repository have ${length} characters together; ${NAME_LIMIT} are allowed.`;
  }
  const written =
    registry === DOCKER_HUB && repository.startsWith('library/')
      ? repository.slice('library/'.length)
      : repository;
  if (written === '') return 'The repository is missing.';
  if (isValidRepository(repository.toLowerCase())) {
    return `A repository's name is lower case: write \`${shorten(written.toLowerCase())}\`.`;
  }
  if (repository.length > NAME_LIMIT) {
    return `The repository has ${repository.length} characters; ${NAME_LIMIT} are allowed.`;
  }
  return `\`${shorten(written)}\` is not a repository: components of lower-case letters and digits, joined by \`.\`, \`_\`, \`__\` or \`-\`, with \`/\` between them.`;
}

function invalid(text: string, message: string): InvalidReference {
  return { kind: 'invalid-reference', text: shorten(text), message };
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
