/**
 * What the smoke test is asked. Data only; the caller has looked up everything in here, so that this room
 * needs neither the image graph nor the engine's image store.
 */
import type { Resources, Waiver } from '../matrix/image-set.ts';
import type { Profile, Tier } from './verdict.ts';

export interface SmokeRequest {
  /** The image's name in the family. */
  readonly name: string;
  /** Local reference or image ID: what is started. */
  readonly reference: string;
  readonly imageId: string;
  readonly profile: Profile;
  /** How far to judge; `deep` holds what `gate` does, and more. Without it `gate`. */
  readonly tier?: Tier;
  /** Ids of the clauses that are asked for, with what they need; without it all of the tier. */
  readonly clauses?: readonly string[];
  /** Clauses that it need not fulfil today. */
  readonly waivers?: readonly Pick<Waiver, 'clause' | 'reason' | 'until'>[];
  /** What the hub will grant; without it 1 GiB and one processor. */
  readonly resources: Resources;
  /** Value of the owner label on everything made for this test. */
  readonly runId: string;
  /** Shell command that has to succeed inside it, where one was given. */
  readonly check?: string;
  /** The budget in bytes, where matrix.yaml sets one. */
  readonly maxSize?: number;
  /** The image's unpacked size in bytes. */
  readonly size?: number;
  /** Architectures of the image and of the machine that it will run on (`amd64`). */
  readonly architecture?: { readonly image: string; readonly node: string };
  /** The engine has GPUs to hand in. Without it nothing is said of an image's use of one. */
  readonly gpu?: true;
  /** Images of the family that this one works with. */
  readonly companions?: {
    /** Local reference of the family's proxy; the hub is tried with it. */
    readonly proxy?: string;
  };
  /** How long its server may take until it answers; 60 s unless said otherwise. */
  readonly readinessBudgetMs?: number;
  /** Leaves containers, network and volumes behind, labelled, for somebody to look at. */
  readonly keep?: boolean;
}
