/** The option that most commands have: which repository is meant. */
import { Option } from 'commander';

/** `-C, --directory <DIR>`, made anew for each command: commander’s options can be changed afterwards. */
export function repositoryOption(): Option {
  return new Option(
    '-C, --directory <DIR>',
    'the repository (default: the nearest folder with a matrix.yaml)',
  );
}
