/**
 * What is said of a published image, as in-toto statements: where it came from (SLSA provenance 1), what it passed
 * (test-result 0.1) and what is in it (CycloneDX). Pure: the facts come in as data, docs/attestations.md tells the form.
 */
import type { Digest } from '../../registry/digest.ts';
import { jsonIn } from '../../registry/parse-json.ts';

export const predicateTypes = {
  provenance: 'https://slsa.dev/provenance/v1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  bill: 'https://cyclonedx.org/bom',
  scan: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  /** What cosign 3 takes for the signature of an image. */
  signature: 'https://sigstore.dev/cosign/sign/v1',
} as const;

const statementType = 'https://in-toto.io/Statement/v1';
/** How our builds are to be read; it moves when the parameters below change their meaning. */
export const buildType = 'urn:hubwright:build:v1';
/** Under this name a test result holds what a pass was a pass of. */
export const contractName = 'hubwright-contract';

/** The image that something is said of. */
export interface Subject {
  /** `registry/name`, without tag or digest. */
  readonly repository: string;
  readonly digest: Digest;
}

/** A resource that a build was made from (in-toto's ResourceDescriptor). */
export interface Material {
  readonly name?: string;
  readonly uri?: string;
  readonly digest: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string | boolean | number | readonly string[]>>;
}

/** What is known of a build. */
export interface BuildFacts {
  readonly image: string;
  readonly definition: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly platform: string;
  /** Content key. */
  readonly key: string;
  readonly command: readonly string[];
  readonly run: string;
  readonly version: string;
  readonly engine: string;
  readonly built: Date;
  readonly materials: readonly Material[];
}

/** What is known of a pass. */
export interface PassFacts {
  readonly image: string;
  readonly key: string;
  /** What it is a pass of; a deep test is one of the gate as well. */
  readonly verdictKeys: readonly string[];
  readonly contract: number;
  readonly profile: string;
  readonly tier: string;
  /** Undefined where only the record knows of it. */
  readonly judged: Date | undefined;
  /** What became of each clause, by its ID; undefined where only the record knows of the pass. */
  readonly clauses: Readonly<Record<string, string>> | undefined;
}

/** The provenance of an image: from what, by which command, and in which run it was built. */
export function provenanceStatement(subject: Subject, facts: BuildFacts): Buffer {
  return statement(subject, predicateTypes.provenance, {
    buildDefinition: {
      buildType,
      externalParameters: {
        image: facts.image,
        definition: facts.definition,
        dockerfile: facts.dockerfile,
        ...(facts.target === undefined ? {} : { target: facts.target }),
        args: facts.args,
        command: facts.command,
      },
      internalParameters: { key: facts.key, platform: facts.platform },
      resolvedDependencies: facts.materials,
    },
    runDetails: {
      builder: { id: 'urn:hubwright:builder', version: { hubwright: facts.version, engine: facts.engine } },
      metadata: { invocationId: facts.run, finishedOn: facts.built.toISOString() },
    },
  });
}

/** The verdict of an image: which clauses of which contract it passed, and when. */
export function testResultStatement(subject: Subject, facts: PassFacts): Buffer {
  const clauses = Object.entries(facts.clauses ?? {});
  const having = (result: string): readonly string[] =>
    clauses.flatMap(([id, found]) => (found === result ? [id] : []));
  const warned = [...having('fail'), ...having('waived')];
  return statement(subject, predicateTypes.testResult, {
    // A `must` clause that failed is no pass at all; what is left are remarks and waivers.
    result: warned.length === 0 ? 'PASSED' : 'WARNED',
    configuration: [
      {
        name: contractName,
        uri: `urn:hubwright:contract:${facts.contract}`,
        annotations: {
          image: facts.image,
          key: facts.key,
          verdictKeys: facts.verdictKeys,
          contract: facts.contract,
          profile: facts.profile,
          tier: facts.tier,
          ...(facts.judged === undefined ? {} : { judgedAt: facts.judged.toISOString() }),
          ...(facts.clauses === undefined ? {} : { clauses: facts.clauses }),
        },
      },
    ],
    passedTests: having('pass'),
    warnedTests: warned,
    failedTests: [],
  });
}

/** The bill of materials of an image; undefined where the bytes are no CycloneDX. */
export function billStatement(subject: Subject, bill: Buffer): Buffer | undefined {
  const predicate = jsonIn(bill);
  const isBill = typeof predicate === 'object' && predicate !== null && 'bomFormat' in predicate;
  return isBill ? statement(subject, predicateTypes.bill, predicate) : undefined;
}

/** That the signer stands by the image, as cosign 3 says it. */
export function signatureStatement(subject: Subject): Buffer {
  return statement(subject, predicateTypes.signature, {});
}

/** The same as cosign 2 and admission controllers read it: a "simple signing" payload. */
export function simpleSigningPayload({ repository, digest }: Subject): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': repository },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
}

/** An in-toto statement about the image. */
export function statement(
  { repository, digest }: Subject,
  predicateType: string,
  predicate: unknown,
): Buffer {
  const [algorithm = '', hex = ''] = digest.split(':');
  const subject = [{ name: repository, digest: { [algorithm]: hex } }];
  return Buffer.from(JSON.stringify({ _type: statementType, subject, predicateType, predicate }));
}
