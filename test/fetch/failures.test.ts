import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { startOrigin } from '../support/origin.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

describe('what went wrong can be told apart', () => {
  const answers: [path: string, code: string][] = [
    ['/empty', 'ERR_MIX_HTTP_TRUNCATED'],
    ['/garbage', 'ERR_MIX_HTTP_MALFORMED'],
    ['/endless-head', 'ERR_MIX_HTTP_TOO_LARGE'],
  ];
  test.each(answers)('%s: %s', async (path, code) => {
    const it = await bed();
    expect(await failureCode(it.fetch(it.at(path)))).toBe(code);
    await expectQuiet(it, 0);
    expect(it.origin.requests.length).toBe(1);
  });

  test('an exit that refuses, with its own error, for http and https', async () => {
    const refusal = new MixnetError('ERR_MIX_EXIT_REFUSED');
    const it = await bed({ exit: { refusals: { 'forbidden.test': refusal } } });
    for (const scheme of ['http', 'https']) {
      expect(await rejection(it.fetch(`${scheme}://forbidden.test/`))).toMatchObject({
        name: 'TypeError',
        cause: refusal,
      });
    }
    await expectQuiet(it, 0);
  });

  test('a destination that does not listen', async () => {
    const gone = await startOrigin();
    await gone.close();
    const it = await bed();
    expect(await failureCode(it.fetch(`${gone.url}/`))).toBe('ERR_MIX_EXIT_DIAL_FAILED');
    await expectQuiet(it, 0);
  });

  test('an exit that cannot even be asked', async () => {
    const failure = new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE');
    const rejecting = await bed({ open: () => Promise.reject(failure) });
    const throwing = await bed({
      open: () => {
        throw failure;
      },
    });
    for (const it of [rejecting, throwing]) {
      expect(await rejection(it.fetch(it.at('/json')))).toMatchObject({ cause: failure });
      await expectQuiet(it, 0);
    }
  });

  test('an exit that fails in the middle of a body', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/silence-after-head'));
    await it.exit.streams[0]?.close(new MixnetError('ERR_MIX_EXIT_STARVED'));
    expect(await failureCode(response.text())).toBe('ERR_MIX_EXIT_STARVED');
    await expectQuiet(it, 0);
  });

  test('no message says where the request went', async () => {
    const it = await bed({ exit: { silent: ['very-secret.test'] }, timeouts: { connect: 20 } });
    const errors = [
      await rejection(it.fetch('http://very-secret.test/private?token=1')),
      await rejection(it.fetch(it.at('/garbage?private'))),
      await rejection(it.fetch('ftp://very-secret.test/private')),
    ];
    for (const error of errors) {
      const texts = [String(error), String((error as Error).cause ?? '')].join();
      expect(texts).not.toMatch(/secret|private|127\.0/);
    }
  });

  test('a request uses what is left after others have failed', async () => {
    const it = await bed();
    for (const path of ['/garbage', '/short-length', '/empty', '/gzip-plain']) {
      await it.fetch(it.at(path)).then(
        response => response.text().catch(() => {}),
        () => {},
      );
    }
    expect(await (await it.fetch(it.at('/json'))).json()).toEqual({ answer: 42 });
    await expectQuiet(it);
  });
});
