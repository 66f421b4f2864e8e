/** The names of NFS 4's statuses (RFC 7530, 13). Judges nothing. */

/** What a server answers that has left minor version 0 out, the only one that is spoken here. */
export const otherMinorVersion = 'MINOR_VERS_MISMATCH';

/** The statuses that a judge meets; any other is told by its number. */
const statusNames: Readonly<Record<number, string>> = {
  1: 'PERM',
  2: 'NOENT',
  5: 'IO',
  13: 'ACCESS',
  17: 'EXIST',
  28: 'NOSPC',
  30: 'ROFS',
  66: 'NOTEMPTY',
  10_013: 'GRACE',
  10_016: 'WRONGSEC',
  10_021: otherMinorVersion,
};

/** The name that RFC 7530 gives a status, else its number. */
export function statusName(status: number): string {
  return statusNames[status] ?? `NFS status ${status}`;
}
