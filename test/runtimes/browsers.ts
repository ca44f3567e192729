/** Browsers as Debian installs them: each opens the page, which tells the server what it saw. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from './page.ts';
import type { Given } from './smoke.ts';

interface Browser {
  readonly program: string;
  /** Without a window, in a new profile, and with nowhere to go but loopback. */
  arguments(profile: string): string[];
}

export const browsers: Readonly<Record<string, Browser>> = {
  Chromium: {
    program: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    arguments: profile => [
      ...['--headless=new', '--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-gpu'],
      '--host-resolver-rules=EXCLUDE 127.0.0.1,MAP * ~NOTFOUND',
      `--user-data-dir=${profile}`,
    ],
  },
  Firefox: {
    program: process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr',
    arguments(profile) {
      const preferences = {
        'network.proxy.type': 1,
        'network.proxy.http': '127.0.0.1',
        'network.proxy.http_port': 9,
        'network.proxy.share_proxy_settings': true,
        'network.proxy.ssl': '127.0.0.1',
        'network.proxy.ssl_port': 9,
        'network.proxy.no_proxies_on': '127.0.0.1',
        'network.proxy.allow_hijacking_localhost': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
        'browser.shell.checkDefaultBrowser': false,
        'browser.aboutwelcome.enabled': false,
        'datareporting.policy.dataSubmissionEnabled': false,
        'toolkit.telemetry.enabled': false,
        'app.update.enabled': false,
      };
      const lines = Object.entries(preferences).map(
        ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
      );
      writeFileSync(join(profile, 'user.js'), lines.join('\n'));
      return ['--headless', '--no-remote', '--profile', profile];
    },
  },
};

/** For all that the page does. */
const WITHIN_MS = 300_000;

export function versionOf({ program }: Browser): string {
  const [version = ''] =
    /\d+(\.\d+)*/.exec(execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' })) ?? [];
  return version;
}

export async function visit(browser: Browser, scripts: ReadonlyMap<string, Uint8Array>, given: Given): Promise<Places> {
  const profile = mkdtempSync(join(tmpdir(), 'mixfetch-profile-'));
  const site = await serve(scripts, given);
  const process = spawn(browser.program, [...browser.arguments(profile), site.url], {
    stdio: 'ignore',
    detached: true,
  });
  try {
    return await Promise.race([site.seen, overtime(), ended(process)]);
  } finally {
    await end(process);
    site.close();
    rmSync(profile, { recursive: true, maxRetries: 10 });
  }
}

async function serve(scripts: ReadonlyMap<string, Uint8Array>, given: Given) {
  let report: (places: Places) => void = () => {};
  const seen = new Promise<Places>(resolve => {
    report = resolve;
  });
  const server = createServer(async (request, response) => {
    const { url = '/' } = request;
    const script = scripts.get(url);
    if (script !== undefined) response.setHeader('content-type', 'text/javascript').end(script);
    else if (url === '/given') response.end(JSON.stringify(given));
    else if (url === '/seen') {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      response.end();
      report(JSON.parse(Buffer.concat(pieces).toString()) as Places);
    } else if (url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else response.writeHead(404).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen, close };
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>mixfetch</title><script type="module" src="/page.js"></script>';

function overtime(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`it said nothing within ${WITHIN_MS / 1000} s`)), WITHIN_MS).unref();
  });
}

function ended(browser: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    browser.once('error', reject).once('exit', code => reject(new Error(`it ended with code ${code}`)));
  });
}

/** With all its processes: they are of one group. */
async function end(browser: ChildProcess): Promise<void> {
  if (browser.pid === undefined || browser.exitCode !== null) return;
  const exited = new Promise(resolve => browser.once('exit', resolve));
  process.kill(-browser.pid, 'SIGKILL');
  await exited;
}
