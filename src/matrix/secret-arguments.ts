/** Build arguments that let somebody in: they stay in the image, where everybody who may pull it reads them. */
import { findLogins } from '../core/logins.ts';
import type { Check } from './check.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** Tells each argument of an image that holds a password or a token; its value is shown nowhere. */
export function checkArguments(check: Check, path: YamlPath, args: Readonly<Record<string, string>>): void {
  for (const [argument, value] of Object.entries(args)) {
    const [login] = findLogins(value);
    if (login === undefined) continue;
    const id = argument.toLowerCase().replaceAll('_', '-');
    check.findings.add(
      usageError(
        'secret-argument',
        `\`${argument}\` holds ${login.what}: arguments stay in the image's history, and everybody who pulls it reads them`,
        check.source.valueSpan([...path, 'args', argument]),
        {
          help: `hand it over as a secret: \`secrets: [{ id: ${id}, env: ${argument} }]\`, and in the Dockerfile \`RUN --mount=type=secret,id=${id} …\`; what was published with it already needs a new one`,
        },
      ),
    );
  }
}
