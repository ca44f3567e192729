/** The Chromium of this machine, with patience: on a busy one, a start or the loading of a page may take a minute. */

import { type Browser, chromium, type Page } from 'playwright';

/** ms, for each thing that is waited for. */
const PATIENCE = 120_000;

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: [...args], timeout: PATIENCE });
}

export async function openTab(browser: Browser, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const tab = await browser.newPage(options);
  tab.setDefaultTimeout(PATIENCE);
  return tab;
}
