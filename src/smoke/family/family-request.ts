/**
 * What the end-to-end test of a family is asked. Types only.
 */

/** Local references of the family's images, looked up by the caller. */
export interface FamilyImages {
  readonly hub: string;
  readonly proxy: string;
  readonly database: string;
  /** One course's two images. */
  readonly student: string;
  readonly instructor: string;
  /** The exchange's server; without one the exchange is a volume that all pods share. */
  readonly nfs?: string;
}

export interface FamilyRequest {
  readonly images: FamilyImages;
  /** The course that both course images were built for. */
  readonly course: string;
  /** Values of build secrets; of them `ca` is used. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Value of the owner label on everything made for this test. */
  readonly runId: string;
  /** An existing folder for pictures of the browser. */
  readonly pictures: string;
  /** Path of Chromium. */
  readonly chromium: string;
  /** Leaves containers, network and volumes behind, labelled, for somebody to look at. */
  readonly keep?: boolean;
}
