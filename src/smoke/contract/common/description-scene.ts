/** The scene that every image goes through first: what its description says. */
import { scene } from '../clause.ts';
import { openDescription } from './description.ts';
import { architecture } from './s26-architecture.ts';
import { sizeBudget } from './z1-size-budget.ts';

export const description = scene('description', openDescription, [sizeBudget, architecture]);
