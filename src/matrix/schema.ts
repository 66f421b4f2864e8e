/**
 * The shape of matrix.yaml, courses.yaml and matrix.lock. Shape only: which names exist, whether a path
 * leads somewhere and what a template yields is checked by the other files of this room, which can say it better.
 */
import { z } from 'zod';
import { imageKinds, platforms, severities } from './image-set.ts';
import { poolSchema } from './pool-schema.ts';

const mirrorSchema = z
  .strictObject({
    mirror: z.string().describe('An image of somebody else that is copied into our registry as it is'),
  })
  .describe('A mirror: nothing is built');

const fileAxisSchema = z
  .strictObject({ from: z.string().describe('A YAML list of `{name, repo, ref?, base?, clone?}`') })
  .describe('An axis with one value for each entry of a file');

const resourcesSchema = z.strictObject({
  memory: z.string().describe('What the hub will grant: `512Mi`, `2Gi`').optional(),
  cpu: z.number().describe('Processors; fractions are allowed').optional(),
});

const waiverSchema = z.strictObject({
  clause: z.string().describe('The clause, as a failed check shows it: `S4`'),
  reason: z.string().describe('Why it cannot be fulfilled yet'),
  until: z.string().describe('The last day on which it is waived: YYYY-MM-DD'),
});

const buildSchema = z
  .strictObject({
    context: z.string().describe('Folder that the Dockerfile may copy from'),
    kind: z.enum(imageKinds).describe('What the image is started as'),
    dockerfile: z.string().describe('Default: `Dockerfile` in the context').optional(),
    target: z.string().describe("The Dockerfile's stage to stop at").optional(),
    axes: z
      .record(z.string(), z.union([z.array(z.string()), fileAxisSchema]))
      .describe('One image for each combination of their values')
      .optional(),
    exclude: z
      .array(z.record(z.string(), z.string()))
      .describe('Combinations to leave out: those that have all values of an entry')
      .optional(),
    include: z
      .array(z.record(z.string(), z.string()))
      .describe('Combinations to add, or further values for those that have all axis values of an entry')
      .optional(),
    name: z.string().describe("Default: the definition's name, then `-value` for each axis").optional(),
    args: z.record(z.string(), z.string()).describe('Build arguments').optional(),
    resources: resourcesSchema.describe('What the smoke test runs under').optional(),
    weight: z
      .int()
      .min(1)
      .describe('Places of `--jobs` that its build takes; more than 1 where it needs much memory')
      .optional(),
    maxSize: z.string().describe('Upper bound of the unpacked size: `600MB`').optional(),
    provides: z
      .array(z.string())
      .describe("References that this image stands for in others' FROM lines")
      .optional(),
    check: z
      .string()
      .describe('Command that has to succeed inside the image, run by its shell; for kind `custom`')
      .optional(),
    platforms: z.array(z.enum(platforms)).describe('The platforms that it is for; default: all').optional(),
    waivers: z
      .array(waiverSchema)
      .describe('Clauses of the contract that it need not fulfil for a time')
      .optional(),
  })
  .describe('An image definition');

const rootSchema = z.strictObject({
  from: z.string().describe('The reference as it stands in Dockerfiles'),
  bootstrap: z
    .strictObject({ debian: z.string().describe("Debian's suite, e.g. `trixie`") })
    .describe('How it is made where no registry of the world answers')
    .optional(),
});

const secretId = z.string().describe('What a Dockerfile mounts it by');

const secretSchema = z.union([
  z.strictObject({ id: secretId, env: z.string().describe('Name of an environment variable') }),
  z.strictObject({ id: secretId, file: z.string().describe('Path of a file') }),
]);

const scanSchema = z.strictObject({
  block: z
    .strictObject({
      severity: z
        .enum(severities)
        .describe('Holes of this severity and worse; default: `critical`')
        .optional(),
      fixable: z.boolean().describe('Only those that a newer version mends; default: true').optional(),
    })
    .describe('What holds an image back that is not published yet')
    .optional(),
  deadline: z
    .int()
    .min(0)
    .describe('Days that a hole may stay published before it is told as overdue; default: 14')
    .optional(),
  exceptions: z
    .string()
    .describe('File of findings to live with, each with a reason and a last day')
    .optional(),
  databases: z
    .array(z.string())
    .describe("Where Trivy's database is had, first come first; default: Trivy's own places")
    .optional(),
  javaDatabases: z
    .array(z.string())
    .describe("The same of its database of Java archives' names, which images with `.jar` files want")
    .optional(),
  maxDatabaseAge: z.int().min(1).describe('Hours that the database may be old; default: 72').optional(),
});

const valuesSchema = z.strictObject({
  images: z
    .record(z.string(), z.string())
    .describe('Which image goes where: `singleuser.image: base`; `*` is any key, list items by index or name')
    .optional(),
  formerly: z
    .array(z.string())
    .describe('Registries that the family was published in before; images there are brought over')
    .optional(),
  pullSecret: z.string().describe('Name of the Secret in `imagePullSecrets` that nodes pull with').optional(),
});

const sigstoreRootSchema = z.union([
  z.string().describe('A trusted root, as `cosign trusted-root create` writes it'),
  z.strictObject({
    ca: z.string().describe('Certificates (PEM) of the authority, the one that signs identities first'),
    timestamps: z
      .string()
      .describe('Certificates (PEM) of the timestamp authority, its own first')
      .optional(),
    rekor: z.string().describe("The log's public key (PEM)").optional(),
    ct: z.string().describe("Public key (PEM) of the log of the authority's certificates").optional(),
  }),
]);

const keylessSchema = z.strictObject({
  fulcio: z.string().describe("The authority's address; default: Sigstore's public one").optional(),
  rekor: z
    .string()
    .describe('The log that signatures are written into; default: the public one with the public `fulcio`')
    .optional(),
  timestamps: z
    .string()
    .describe('Who says when something was signed: address of a timestamp authority (RFC 3161)')
    .optional(),
  audience: z.string().describe('Whom identity tokens have to be for; default: `sigstore`').optional(),
  root: sigstoreRootSchema
    .describe("What these services' answers are held to; needed where `fulcio` is not the public one")
    .optional(),
});

const signSchema = z.strictObject({
  key: z
    .string()
    .describe("cosign's private key: a file, or an address such as `gcpkms://…`; empty: nothing is signed")
    .optional(),
  keyless: keylessSchema
    .describe("In the place of a key: sign as the one whom the build server's identity token names")
    .optional(),
});

const trustSchema = z.strictObject({
  key: z.string().describe("cosign's public key: a file, or an address such as `gcpkms://…`").optional(),
  identity: z
    .string()
    .describe('In the place of a key: who signs without one, as certificates name them')
    .optional(),
  identityRegexp: z.string().describe('The same as a regular expression for the whole of it').optional(),
  issuer: z
    .string()
    .describe('Who vouches for the identity: `https://token.actions.githubusercontent.com`')
    .optional(),
  issuerRegexp: z.string().describe('The same as a regular expression for the whole of it').optional(),
  root: sigstoreRootSchema
    .describe("The authorities and logs that count; default: Sigstore's public ones")
    .optional(),
});

/** A matrix.yaml that includes nothing: it has to name images itself. */
export const wholeMatrixSchema = z.strictObject({
  include: z
    .array(z.string())
    .describe('Further files of this form; paths in them are relative to their own folders')
    .optional(),
  registry: z.string().describe('Where images are published; empty: nowhere').optional(),
  naming: z
    .enum(['repository-per-image', 'single-repository'])
    .describe('`registry/NAME:TAG` (the default) or `registry:NAME-TAG`')
    .optional(),
  tags: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          tag: z.string().describe('The tag, with the same placeholders'),
          moves: z.boolean().describe('Whether it may name one image today and another tomorrow'),
        }),
      ]),
    )
    .describe('Tags of a published image; versions (`v1.4`) and what holds `{key}` never move')
    .optional(),
  env: z.array(z.string()).describe('Environment names that `args` may use').optional(),
  secrets: z.array(secretSchema).describe('Build secrets').optional(),
  scan: scanSchema
    .describe('Scan images for known holes and secrets; absent: they are not scanned')
    .optional(),
  values: valuesSchema.describe('What `build values` cannot tell from repositories').optional(),
  sign: signSchema
    .describe('Sign what is published: the image, its provenance, its verdict and its bill of materials')
    .optional(),
  trust: z
    .array(trustSchema)
    .describe(
      'Keys and identities whose signatures count; absent: whoever may write to the registry is believed',
    )
    .optional(),
  freeze: z
    .array(z.string())
    .describe('Days on which `build nightly` moves nothing: `2026-12-01/2026-12-05`, or one day')
    .optional(),
  nightly: z
    .strictObject({
      python: z
        .boolean()
        .describe('Whether nights also take new Python packages into requirements.lock files')
        .optional(),
    })
    .describe('What `build nightly` does where its options do not say otherwise')
    .optional(),
  roots: z.record(z.string(), rootSchema).describe('Images from outside that ours start from').optional(),
  groups: z.record(z.string(), z.array(z.string())).describe('Names for several images').optional(),
  pools: z
    .record(z.string(), poolSchema)
    .describe('Groups of Kubernetes nodes that `build prepull` brings images to')
    .optional(),
  images: z.record(z.string(), z.union([buildSchema, mirrorSchema])).describe('The image definitions'),
});

/** matrix.yaml, and the files that it includes. */
export const matrixSchema = wholeMatrixSchema.partial({ images: true });

export type MatrixPart = z.infer<typeof matrixSchema>;
export type MatrixFile = z.infer<typeof wholeMatrixSchema>;
export type BuildDefinition = z.infer<typeof buildSchema>;
export type WaiverEntry = z.infer<typeof waiverSchema>;
export type SecretEntry = z.infer<typeof secretSchema>;

/** One entry of a file that an axis is taken from. */
const courseSchema = z.strictObject({
  name: z.string().describe("The course's name, fit for an image's name"),
  repo: z.string().describe('https, ssh, or a path inside the repository'),
  ref: z.string().describe('Branch, tag or commit').optional(),
  base: z.string().describe('Image that it starts from').optional(),
  clone: z.boolean().describe('Whether the repository is cloned into the image').optional(),
});

export type Course = z.infer<typeof courseSchema>;

/** courses.yaml, and any other file that an axis is taken from. */
export const coursesSchema = z.array(courseSchema);

/** matrix.lock. */
export const lockSchema = z.strictObject({
  roots: z.record(z.string(), z.string()).optional(),
  mirrors: z.record(z.string(), z.string()).optional(),
  git: z.record(z.string(), z.string()).optional(),
  epochs: z.record(z.string(), z.string()).optional(),
});
