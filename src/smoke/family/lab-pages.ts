/** JupyterLab in a browser, as far as this test uses it, and the server's API as its pages call it. */
import type { Page } from 'playwright-core';
import { patient } from '../../hub/patience.ts';

/** nbgrader runs a notebook before it answers. */
const answerBudgetMs = 60_000;

/** How long a cell may take to be begun. */
const startMs = 10_000;

const openNotebook = '.jp-NotebookPanel:not(.lm-mod-hidden)';

/** JupyterLab gives its stylesheet 1.5 s, then puts a message over the page: a slow machine's, not the image's. */
export async function dismissSlowTheme(page: Page): Promise<void> {
  const message = page.locator('.jp-Dialog', { hasText: 'Error Loading Theme' });
  await page.addLocatorHandler(message, (dialog) => dialog.locator('.jp-mod-accept').click());
}

/** Opens a new notebook from the launcher, with this code in its first cell. */
export async function openNewNotebook(page: Page, code: string): Promise<void> {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  await page.locator(`${openNotebook} .jp-CodeCell .cm-content`).first().click();
  await page.keyboard.insertText(code);
}

/** Waits until the notebook of this name stands in front. */
export async function awaitNotebook(page: Page, name: string): Promise<void> {
  await page.locator('.lm-TabBar-tab.lm-mod-current', { hasText: name }).first().waitFor();
  await page.locator(`${openNotebook} .jp-CodeCell`).first().waitFor();
}

/** Runs one cell of the open notebook; answers what comes to stand below it. */
export async function runCell(page: Page, index: number): Promise<string> {
  // JupyterLab forgets a cell that is run before its kernel is there.
  await page.locator(`${openNotebook} .jp-Notebook-ExecutionIndicator[data-status="idle"]`).waitFor();
  const cell = page.locator(`${openNotebook} .jp-CodeCell`).nth(index);
  const output = cell.locator('.jp-OutputArea-output').first();
  const start = async (): Promise<void> => {
    await cell.locator('.cm-content').click();
    await page.keyboard.press('Shift+Enter');
  };
  await start();
  // It may forget one all the same where the page is slower than the kernel: a cell that never began has no number.
  const begun = cell.locator('.jp-InputPrompt', { hasText: /[*\d]/ });
  await output
    .or(begun)
    .first()
    .waitFor({ timeout: patient(startMs) })
    .catch(start);
  await output.waitFor();
  return (await output.innerText()).trim();
}

export interface ServerAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks the user's server as one of its own pages would: with the browser's cookies and XSRF token. */
export async function askServer(
  page: Page,
  question: { readonly method: 'GET' | 'POST' | 'PUT'; readonly url: string; readonly body?: string },
): Promise<ServerAnswer> {
  const { method, url, body } = question;
  const cookies = await page.context().cookies(url);
  // That of the longest path is the server's own; the hub has one of the same name.
  const xsrf = cookies
    .filter(({ name }) => name === '_xsrf')
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  const answer = await page.request.fetch(url, {
    method,
    headers: { 'X-XSRFToken': xsrf?.value ?? '', 'Content-Type': 'application/x-www-form-urlencoded' },
    timeout: patient(answerBudgetMs),
    ...(body === undefined ? {} : { data: body }),
  });
  return { status: answer.status(), body: await answer.text() };
}
