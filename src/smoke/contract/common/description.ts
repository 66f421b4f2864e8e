/** The scene that starts nothing: what the image's description says already. */
import { ok } from '../../../core/result.ts';
import type { SmokeRequest } from '../../request.ts';
import type { Specimen } from '../clause.ts';

export interface Description extends Specimen {
  readonly request: SmokeRequest;
}

export async function openDescription(request: SmokeRequest): Promise<{ ok: true; value: Description }> {
  return ok({ request, log: async () => ok('') });
}
