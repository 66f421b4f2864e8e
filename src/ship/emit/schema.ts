/** The shape of the file that `build emit namespaces` reads. */
import { z } from 'zod';

/** A user's name alone, or with the directories that the spawn page offers: `{Label: path in the home}`. */
export const usersSchema = z.array(
  z.union([
    z.string(),
    z.strictObject({ user: z.string(), directories: z.record(z.string(), z.string()).optional() }),
  ]),
);
