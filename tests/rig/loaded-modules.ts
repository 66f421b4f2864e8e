/** Loaded before a command (`node --import`): says at its end which modules it loaded, in the file that is named. */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const urls: string[] = [];
registerHooks({
  load(url, context, next) {
    urls.push(url);
    return next(url, context);
  },
});
process.on('exit', () => {
  const file = process.env['TEST_LOADED_MODULES'];
  if (file !== undefined) writeFileSync(file, urls.join('\n'));
});
