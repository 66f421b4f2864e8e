/** The hub's pages as a user walks through them: log in, choose, start, stop, log out. */
import type { Page } from 'playwright-core';
import { patient } from '../../hub/patience.ts';
import type { Person } from './people.ts';

const spawnBudgetMs = 120_000;

type Login = Pick<Person, 'name' | 'password'>;

/** Logs in on the hub's own page, and waits until the browser has arrived behind it. */
export async function logIn(page: Page, hubUrl: string, { name, password }: Login): Promise<void> {
  await page.goto(`${hubUrl}/hub/login`);
  await page.locator('#username_input').fill(name);
  await page.locator('#password_input').fill(password);
  await page.locator('#login_submit').click();
  const turnedAway = page.locator('.login_error, .error');
  await page.locator('#logout').or(turnedAway).first().waitFor();
  if ((await turnedAway.count()) > 0) throw new Error(`turned away: ${await turnedAway.first().innerText()}`);
}

/** Sends the login form as it stands, what a page's own checks would hold back included; answers the hub's status. */
export async function sendLogin(page: Page, hubUrl: string, { name, password }: Login): Promise<number> {
  await page.goto(`${hubUrl}/hub/login`);
  const xsrf = await page.locator('input[name=_xsrf]').first().inputValue();
  const answer = await page.request.post(`${hubUrl}/hub/login`, {
    form: { username: name, password, _xsrf: xsrf },
    maxRedirects: 0,
  });
  return answer.status();
}

/** What the spawn page offers. */
export interface SpawnChoices {
  readonly profiles: readonly string[];
  /** Label → path. */
  readonly folders: ReadonlyMap<string, string>;
}

/** Opens the page on which a server is chosen; what it offers, as a person sees it. */
export async function openSpawnPage(page: Page, hubUrl: string): Promise<SpawnChoices> {
  await page.goto(`${hubUrl}/hub/spawn`);
  const options = page.locator('select[name=notebook_dir] option');
  await page.locator('#spawn_form').waitFor();
  const profiles = await page.locator('#kubespawner-profiles-list h3').allInnerTexts();
  const labels = await options.allInnerTexts();
  const paths = await options.evaluateAll((found) =>
    found.map((option) => option.getAttribute('value') ?? ''),
  );
  return { profiles, folders: new Map(labels.map((label, index) => [label, paths[index] ?? ''])) };
}

/** Chooses on the open spawn page, starts the server, and waits until the browser has arrived at JupyterLab. */
export async function spawn(
  page: Page,
  choice: { readonly profile: string; readonly folder: string },
): Promise<void> {
  await page.locator('label.js-profile-label', { hasText: choice.profile }).click();
  const menu = page.locator('select[name=notebook_dir]');
  if ((await menu.count()) > 0) await menu.selectOption({ label: choice.folder });
  await page.locator('#spawn_form input[type=submit], #spawn_form button[type=submit]').click();
  const timeout = patient(spawnBudgetMs);
  const failed = page.getByText('Spawn failed').or(page.locator('.error h1')).first();
  await Promise.race([
    page.waitForURL(/\/user\/[^/]+\/lab/, { timeout }),
    failed.waitFor({ timeout }).then(async () => {
      throw new Error(`the hub’s page says: ${await failed.innerText()}`);
    }),
  ]);
}

/** Stops the user's server on the hub's home page, and waits until the page offers to start one. */
export async function stopServer(page: Page, hubUrl: string): Promise<void> {
  // The button is alive only when the page's scripts are.
  await page.goto(`${hubUrl}/hub/home`, { waitUntil: 'networkidle' });
  await page.locator('#stop').click();
  await page.locator('#start', { hasText: /^\s*Start My Server/ }).waitFor();
}

/** Logs out; answers where an attempt to come back ends. */
export async function logOut(page: Page, hubUrl: string): Promise<string> {
  await page.goto(`${hubUrl}/hub/logout`);
  await page.goto(`${hubUrl}/hub/home`);
  return new URL(page.url()).pathname;
}
