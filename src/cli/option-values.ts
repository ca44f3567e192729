/** What stands behind options. */

import { CommandError } from './command.ts';

/** Of seconds; 0 is no limit. @throws CommandError */
export function milliseconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^(?:[0-9]{1,7}(?:\.[0-9]*)?|\.[0-9]+)$/.test(text)) throw new CommandError(`${option} is a number of seconds`);
  // 0.07 times 1000 is a little more than 70.
  const value = Math.ceil(Number((Number(text) * 1000).toFixed(6)));
  return value === 0 ? undefined : value;
}

/** @throws CommandError */
export function readApi(urls: readonly string[]): readonly string[] {
  const wrong = urls.map(parseUrl).some(url => url === undefined || !isHttp(url));
  if (wrong) throw new CommandError('--api is a URL of http or https');
  return urls;
}

export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

export function isHttp({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}
