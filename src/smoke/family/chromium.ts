/**
 * A headless Chromium, driven by playwright-core. Everything that a page does wrong, or does not do in time, becomes
 * a value here: playwright throws where nothing is broken but the tested images.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import { excerpt } from '../evidence.ts';
import { patient } from '../../hub/patience.ts';

/** Names under which distributions install it. */
const programNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const patienceMs = 45_000;

/** Path of the machine's Chromium, searched on PATH; undefined where it has none. */
export function findChromium(searchPath: string | undefined): string | undefined {
  const folders = (searchPath ?? '').split(':').filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => programNames.map((name) => path.join(folder, name)))
    .find((candidate) => existsSync(candidate));
}

/** A browser whose sessions share nothing. */
export interface Chromium extends AsyncDisposable {
  readonly version: string;
  /** A window of its own: no cookies of others. */
  open(): Promise<Page>;
}

/** Starts it; the reason as a sentence where that cannot be done. Aborting ends it, and whatever a page waits for. */
export async function startChromium(program: string, signal: AbortSignal): Promise<Result<Chromium, string>> {
  let browser: Browser;
  try {
    const { chromium } = await import('playwright-core');
    // Its sandbox needs what containers and root do not have; it opens this test's own pages alone. A proxy of the
    // machine's is for the world outside.
    browser = await chromium.launch({
      executablePath: program,
      args: ['--no-sandbox', '--no-proxy-server', '--disable-dev-shm-usage'],
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    return err(excerpt(error instanceof Error ? error.message : String(error)));
  }
  const close = (): Promise<void> => browser.close();
  signal.addEventListener('abort', () => void close(), { once: true });
  return ok({
    version: browser.version(),
    async open() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      context.setDefaultTimeout(patient(patienceMs));
      return context.newPage();
    },
    [Symbol.asyncDispose]: close,
  });
}

/**
 * Runs what a person would do on a page; the reason as a sentence where it cannot be done, or where the action itself
 * throws an `Error` because the page is not what it should be. Mistakes of ours (`TypeError` and the like) throw on.
 */
export async function onPage<T>(action: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return ok(await action());
  } catch (error) {
    if (!(error instanceof Error) || isMistake(error)) throw error;
    return err(excerpt(error.message, 600));
  }
}

function isMistake(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
