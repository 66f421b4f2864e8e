/**
 * The composition root: makes the context that commands work in, runs the command line, sets the exit code.
 * Holds no logic; what each command does lies in src/cli/.
 */
import { enableCompileCache } from 'node:module';
import { findModulesByName } from './src/cli/module-hooks.ts';

// Compiled code is kept between starts: most of a warm start would be compiling.
enableCompileCache();

findModulesByName();

const version = '0.1.0';
const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  process.stdout.write(`hubwright ${version}\n`);
} else {
  const { main } = await import('./src/cli/main.ts');
  process.exitCode = await main(args, version);
}
