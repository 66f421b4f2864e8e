/** The process's exit codes; see README, "Exit codes". */
export const exitCode = {
  ok: 0,
  imageFailed: 1,
  usage: 2,
  environment: 3,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
