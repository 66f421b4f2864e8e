/**
 * How commands of our own are told. Texts everywhere write them as `build …` in backquotes, or in a line that begins
 * with `next: `; who reads them gets the form that this process was started in, so that a line can be copied. Pure.
 */

/** What a text writes. */
const written = 'build';

/** Replaces the command's name wherever a text tells a command of ours. */
export function asStarted(text: string, command: string): string {
  if (command === written) return text;
  const put = (_: string, before: string): string => `${before}${command} `;
  return text
    .replace(/^next: .*$/gm, (line) => line.replace(/(?<!`)( )build (?=[a-z])/g, put))
    .replace(/(`(?:sudo )?)build (?=[a-z])/g, put);
}

/**
 * The form that the launcher was called by, of its `$0` and the `PATH` then: its name where PATH finds it, else the
 * path as it was typed, in quotes where a shell needs them. Without a launcher, as texts write it.
 */
export function startedAs(called: string | undefined, searchPath: string | undefined): string {
  if (called === undefined || called === '' || /\p{Cc}/u.test(called)) return written;
  const slash = called.lastIndexOf('/');
  // `sh build`: the shell looks in its own folder, and a person cannot.
  const typed = slash < 0 ? `./${called}` : called;
  const isFound = slash > 0 && (searchPath ?? '').split(':').includes(called.slice(0, slash));
  const command = isFound ? called.slice(slash + 1) : typed;
  return /^[\w./~@%+,=:-]+$/.test(command) ? command : `'${command.replaceAll("'", String.raw`'\''`)}'`;
}
