/**
 * The page of `npm run example:browser`, used by somebody with a keyboard: light, dark, and on a phone. With SCREENSHOTS=1 the
 * pictures beside it are made anew.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, startDemo } from '../examples/browser/demo.ts';
import { launchChromium, openTab } from './support/chromium.ts';

/** On a machine that is busy, ms. */
const WITHIN = 100_000;
const root = fileURLToPath(new URL('..', import.meta.url));
let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  demo = await startDemo(0, { conditions: ['mixfetch-source'], tsconfig: `${root}tsconfig.json` });
  browser = await launchChromium();
}, WITHIN);

afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

test.each([
  ['light', 'light', 960, 860],
  ['dark', 'dark', 960, 860],
  ['phone', 'light', 390, 1000],
] as const)(
  '%s: fetches what is typed, and shows packets and their way',
  { timeout: 240_000 },
  async (name, colorScheme, width, height) => {
    const page = await openTab(browser, { colorScheme, viewport: { width, height } });
    const complaints: string[] = [];
    page.on('console', message => complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    await page.goto(demo.url);
    await waitFor(page, 'state', 'connected', WITHIN);

    await page.keyboard.press('Enter');
    await waitFor(page, 'body', 'The sender puts each packet', WITHIN);
    const picture = await page.screenshot();
    if (process.env['SCREENSHOTS'] !== undefined) writeFileSync(`${root}examples/browser/${name}.png`, picture);
    await waitFor(page, 'status', 'complete', WITHIN);
    expect(await textOf(page, 'status')).toContain('200 OK');
    expect(await textOf(page, 'body')).toContain('nobody on the way learns who asked whom.');
    expect(await textOf(page, 'route')).toMatch(
      /^this page → (gateway|exit) → mix 1[abc] → mix 2[abc] → mix 3[abc] → exit → server$/,
    );
    for (const id of ['real', 'cover', 'received']) {
      expect(Number((await textOf(page, id)).replaceAll(',', ''))).toBeGreaterThan(10);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test('Escape ends a request', { timeout: 120_000 }, async () => {
  const page = await openTab(browser);
  await page.goto(demo.url);
  await waitFor(page, 'state', 'connected', WITHIN);
  await page.keyboard.press('Enter');
  await waitFor(page, 'button', 'Cancel', 10_000);
  await page.keyboard.press('Escape');
  await waitFor(page, 'status', 'Cancelled', 10_000);
  expect(await textOf(page, 'button')).toBe('Fetch');
  await page.close();
});

async function textOf(page: Page, id: string): Promise<string> {
  return (await page.textContent(`#${id}`)) ?? '';
}

async function waitFor(page: Page, id: string, text: string, timeout: number): Promise<void> {
  await page.waitForFunction(
    ([at = '', wanted = '']) => document.getElementById(at)?.textContent?.includes(wanted),
    [id, text],
    { timeout },
  );
}
