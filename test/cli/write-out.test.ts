import { describe, expect, test } from 'vitest';
import { type TransferReport, writeOut, writeOutVariables } from '../../src/cli/write-out.ts';

const report: TransferReport = {
  url: 'https://shop.test/old',
  urlIndex: 1,
  method: 'GET',
  effectiveUrl: 'https://shop.test/new',
  status: 200,
  headers: [
    ['Content-Type', 'text/html'],
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ],
  redirects: 1,
  redirectUrl: '',
  filename: 'out.html',
  bodyBytes: 5000,
  setupMs: 1500.25,
  headMs: 2000,
  totalMs: 2500,
  exitCode: 0,
  error: '',
};

function stdout(format: string, changes: Partial<TransferReport> = {}): string {
  return writeOut(format, { ...report, ...changes }).stdout;
}

describe('a format', () => {
  test.each([
    ['%{http_code}\\n', '200\n'],
    ['%{url} -> %{url_effective} (%{num_redirects})', 'https://shop.test/old -> https://shop.test/new (1)'],
    ['%{content_type}|%{scheme}|%{method}|%{http_version}', 'text/html|https|GET|1.1'],
    ['%{time_setup} %{time_starttransfer} %{time_total}', '1.500250 2.000000 2.500000'],
    ['%{size_download} %{speed_download} %{urlnum} %{exitcode}', '5000 2000 1 0'],
    ['%header{content-type} %header{SET-COOKIE}%header{none}', 'text/html a=1'],
    ['%{header_json}', '{"content-type":["text/html"],"set-cookie":["a=1","b=2"]}'],
    ['100%% \\t\\r\\\\ \\x % %x %{nothing', '100% \t\r\\ \\x % %x %{nothing'],
    ['%{nobody_knows}', '%{nobody_knows}'],
    ['%{constructor}', '%{constructor}'],
    ['', ''],
    ['\\', '\\'],
  ])('%j gives %j', (format, expected) => {
    expect(stdout(format)).toBe(expected);
  });

  test('gives zeros when there was no answer', () => {
    const changes = { status: 0, headers: [], bodyBytes: 0, totalMs: 0, exitCode: 7, error: 'no answer' };
    expect(
      stdout('%{response_code} %{http_version} %{content_type} %{speed_download} %{exitcode} %{errormsg}', changes),
    ).toBe('000 0  0 7 no answer');
  });

  test('gives all variables as JSON', () => {
    const parsed: unknown = JSON.parse(stdout('%{json}'));
    expect(parsed).toMatchObject({ http_code: 200, time_total: 2.5, url: 'https://shop.test/old' });
    expect(Object.keys(parsed as object)).toEqual(Object.keys(writeOutVariables));
  });

  test('can go to both outputs', () => {
    expect(writeOut('a%{stderr}b%{stdout}c', report)).toEqual({ stdout: 'ac', stderr: 'b' });
  });
});
