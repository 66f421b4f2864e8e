/**
 * The composition root: makes the context that commands work in, runs the command line, sets the exit code.
 * Holds no logic; what each command does lies in src/cli/.
 */
import { enableCompileCache, registerHooks } from 'node:module';

// Compiled code is kept between starts: most of a warm start would be compiling.
enableCompileCache();

const root = new URL('.', import.meta.url).href;
const zod = `${root}node_modules/zod/`;
const found = (url: string, format: string) => ({ url, format, shortCircuit: true });

// Where a module lies is mostly said outright; Node's own answer looks for package.json and links on the way, and takes
// a third of what a module costs. zod brings its messages in sixty languages, a module each, and we tell our own.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('node:')) return found(specifier, 'builtin');
    if (specifier === '../locales/index.js') return found('data:text/javascript,', 'module');
    const from = context.parentURL ?? '';
    if (specifier.startsWith('.') && from.startsWith(root)) {
      const isOurs = specifier.endsWith('.ts') && !from.includes('/node_modules/');
      if (isOurs) return found(new URL(specifier, from).href, 'module-typescript');
      if (specifier.endsWith('.js') && from.startsWith(zod))
        return found(new URL(specifier, from).href, 'module');
    }
    return next(specifier, context);
  },
});

const version = '0.1.0';
const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  process.stdout.write(`hubwright ${version}\n`);
} else {
  const { main } = await import('./src/cli/main.ts');
  process.exitCode = await main(args, version);
}
