/**
 * The composition root: makes the context that commands work in, runs the command line, sets the exit code.
 * Holds no logic; what each command does lies in src/cli/.
 */
import { enableCompileCache, registerHooks } from 'node:module';

// Compiled code is kept between starts: most of a warm start would be compiling.
enableCompileCache();

// zod brings its messages in sixty languages, a module each (16 ms of every start), and we tell our own.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '../locales/index.js'
      ? { url: 'data:text/javascript,', format: 'module', shortCircuit: true }
      : next(specifier, context),
});

const version = '0.1.0';
const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  process.stdout.write(`hubwright ${version}\n`);
} else {
  const { main } = await import('./src/cli/main.ts');
  process.exitCode = await main(args, version);
}
