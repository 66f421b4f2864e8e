/** Commands that are a shell with a text to run: the shell form of ENTRYPOINT and CMD, `sh -c TEXT`. Pure. */

const shell = /(^|\/)(ba|da|z|k)?sh$/;
/** `-c`, also behind other letters (`-lc`). */
const takesText = /^-\w*c$/;

/** Whether a program, by its path, reads its arguments as a shell does. */
export function isShell(program: string): boolean {
  return shell.test(program);
}

/** The text that a command gives to a shell, empty where it lacks; undefined where it gives none. */
export function shellText([program = '', flag = '', text = '']: readonly string[]): string | undefined {
  return isShell(program) && takesText.test(flag) ? text : undefined;
}
