/**
 * The command line: names, arguments and options of all commands. Each command's own file is loaded when it is
 * called, and so is its description where it is called by its name, so that every command answers at once.
 */
import { Command, CommanderError, Help, type Option } from 'commander';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { wrapWords } from '../report/wrap-words.ts';
import { screenOf, type CliContext } from './context.ts';

/** Runs the command line. Mistakes in arguments are told on stderr and answer 2. */
export async function runCommandLine(context: CliContext): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = await describe(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(wordsFor(program, context.args), { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
}

/**
 * Help is asked for before a command's name or behind it, and comes to the same. Of a name that no command has,
 * commander would show all the help and not say why: the name alone, without the question, is an error to it.
 */
function wordsFor(program: Command, args: readonly string[]): string[] {
  let command = program;
  let isHelp = false;
  const path: string[] = [];
  for (const word of args) {
    if (word.startsWith('-') || command.commands.length === 0) break;
    const named = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (named !== undefined) {
      command = named;
      path.push(word);
    } else if (word === 'help' && !isHelp) isHelp = true;
    else return isHelp || args.includes('--help') ? [...path, word] : [...args];
  }
  return isHelp ? [...path, '--help'] : [...args];
}

/** A switch that is off says nothing by "(default: false)". */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}

/** What each command is about: two dozen in one list are not found by anybody. */
const helpGroups: Readonly<Record<string, string>> = {
  images: 'Build and test:',
  plan: 'Build and test:',
  explain: 'Build and test:',
  smoke: 'Build and test:',
  scan: 'Build and test:',
  nightly: 'Build and test:',
  list: 'The family’s files:',
  add: 'The family’s files:',
  remove: 'The family’s files:',
  init: 'The family’s files:',
  lock: 'The family’s files:',
  verify: 'The registry:',
  exists: 'The registry:',
  mirror: 'The registry:',
  prune: 'The registry:',
  registry: 'The registry:',
  values: 'The hub and its cluster:',
  prepull: 'The hub and its cluster:',
  'restart-servers': 'The hub and its cluster:',
  emit: 'The hub and its cluster:',
  load: 'The hub and its cluster:',
  setup: 'This machine:',
  doctor: 'This machine:',
};

type Answer = (code: ExitCode) => void;
type Describe = (program: Command, context: CliContext, answer: Answer) => void;

interface Chapter {
  readonly commands: readonly string[];
  readonly load: () => Promise<Describe>;
}

/** In the order in which the help lists them. */
const chapters: readonly Chapter[] = [
  {
    commands: ['images', 'plan', 'explain'],
    load: async () => (await import('./describe-builds.ts')).describeBuilds,
  },
  { commands: ['smoke'], load: async () => (await import('./describe-smoke.ts')).describeSmoke },
  { commands: ['scan'], load: async () => (await import('./describe-scan.ts')).describeScan },
  {
    commands: ['list', 'add', 'remove', 'init'],
    load: async () => (await import('./describe-family.ts')).describeFamily,
  },
  { commands: ['lock'], load: async () => (await import('./describe-builds.ts')).describeLock },
  { commands: ['nightly'], load: async () => (await import('./describe-nightly.ts')).describeNightly },
  { commands: ['prune'], load: async () => (await import('./describe-prune.ts')).describePrune },
  {
    commands: ['mirror', 'exists', 'verify', 'values', 'restart-servers'],
    load: async () => (await import('./describe-shipping.ts')).describeShipping,
  },
  { commands: ['prepull'], load: async () => (await import('./describe-prepull.ts')).describePrepull },
  { commands: ['emit'], load: async () => (await import('./describe-emit.ts')).describeEmit },
  { commands: ['load'], load: async () => (await import('./describe-manifests.ts')).describeLoad },
  {
    commands: ['setup', 'doctor'],
    load: async () => (await import('./describe-machine.ts')).describeMachine,
  },
  { commands: ['registry'], load: async () => (await import('./describe-machine.ts')).describeRegistry },
];

/** A command that is called by its name needs no other's description; the help and a mistyped name need them all. */
async function chaptersOf(called: string | undefined): Promise<readonly Describe[]> {
  const own = chapters.filter(({ commands }) => called !== undefined && commands.includes(called));
  return await Promise.all((own.length > 0 ? own : chapters).map(async ({ load }) => await load()));
}

async function describe(context: CliContext, answer: Answer): Promise<Command> {
  const program = new Command('build')
    .description('Builds, tests and ships a family of container images for JupyterHub.')
    .version(`hubwright ${context.version}`, '--version', 'print the version')
    .helpOption('--help', 'show this, or a command’s help')
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      // commander knows a help's width, and not an error's.
      outputError: (text, write) => write(wrapLines(text, screenOf(context.stderr, context.env).width)),
    })
    .showHelpAfterError('(`--help` shows what there is)')
    .exitOverride();
  for (const describeChapter of await chaptersOf(context.args[0])) describeChapter(program, context, answer);
  for (const command of program.commands) command.helpGroup(helpGroups[command.name()] ?? 'Others:');
  return program;
}

function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapWords(line, width))
    .join('\n');
}
