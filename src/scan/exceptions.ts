/** Findings that somebody lives with, why, and until when. Pure; their file is read where the policy is. */

export interface ScanException {
  readonly id: string;
  readonly where?: string | undefined;
  readonly images?: readonly string[] | undefined;
  readonly reason: string;
  readonly until: string;
}

/** How many days before its end an exception is told of. */
export const noticeDays = 14;

export interface SortedExceptions {
  readonly valid: readonly ScanException[];
  /** Valid, and ending within the notice. */
  readonly ending: readonly ScanException[];
  readonly ended: readonly ScanException[];
}

/** Tells apart what holds on `today` (YYYY-MM-DD, the last day included), what ends soon, and what has ended. */
export function sortExceptions(all: readonly ScanException[], today: string): SortedExceptions {
  const notice = new Date(`${today}T00:00:00Z`);
  notice.setUTCDate(notice.getUTCDate() + noticeDays);
  const soon = notice.toISOString().slice(0, 10);
  const valid = all.filter(({ until }) => until >= today);
  return {
    valid,
    ending: valid.filter(({ until }) => until <= soon),
    ended: all.filter(({ until }) => until < today),
  };
}
