import { describe, expect, test } from 'vitest';
import { followRedirect, type Hop, redirectTarget } from '../../src/cli/redirects.ts';

const hop: Hop = {
  method: 'POST',
  url: new URL('https://shop.test/a/b#part'),
  headers: [
    ['Authorization', 'Basic x'],
    ['Content-Type', 'text/plain'],
    ['X-Own', 'y'],
    ['cookie', 'z'],
  ],
  hasBody: true,
};

describe('where it leads', () => {
  test.each([
    ['/c', 'https://shop.test/c#part'],
    ['c?d#e', 'https://shop.test/a/c?d#e'],
    ['//other.test/', 'https://other.test/#part'],
    ['/caf\u00c3\u00a9', 'https://shop.test/caf%C3%A9#part'],
  ])('%s is %s', (location, target) => {
    expect(redirectTarget(hop, 302, location)?.href).toBe(target);
  });

  test('is nowhere without a location, or with a status that is no redirect', () => {
    expect(redirectTarget(hop, 302, undefined)).toBeUndefined();
    expect(redirectTarget(hop, 200, '/c')).toBeUndefined();
    expect(redirectTarget(hop, 304, '/c')).toBeUndefined();
  });

  test('must be a URL', () => {
    expect(() => redirectTarget(hop, 302, 'https://')).toThrow(expect.objectContaining({ exitCode: 47 }));
  });
});

describe('the next request', () => {
  const next = (status: number, method: string, keepMethod = false, target = 'https://shop.test/c') =>
    followRedirect({ ...hop, method }, status, new URL(target), keepMethod);

  test.each([
    [301, 'POST', 'GET', false],
    [302, 'POST', 'GET', false],
    [303, 'POST', 'GET', false],
    [303, 'PUT', 'GET', false],
    [301, 'PUT', 'PUT', true],
    [307, 'POST', 'POST', true],
    [308, 'POST', 'POST', true],
    [303, 'HEAD', 'HEAD', true],
  ])('after %i to %s is %s, with a body: %s', (status, method, expected, hasBody) => {
    expect(next(status, method)).toMatchObject({ method: expected, hasBody });
  });

  test('keeps a method that was named, but not the body', () => {
    const { method, hasBody, headers } = next(302, 'POST', true);
    expect([method, hasBody]).toEqual(['POST', false]);
    expect(headers.map(([name]) => name)).toEqual(['Authorization', 'X-Own', 'cookie']);
  });

  test('keeps what is secret for its origin', () => {
    const { headers, url } = next(307, 'POST', false, 'https://me:pw@other.test/');
    expect(headers.map(([name]) => name)).toEqual(['Content-Type', 'X-Own']);
    expect(url.href).toBe('https://other.test/');
    expect(next(307, 'POST', false, 'https://shop.test:8443/').headers).toHaveLength(2);
  });

  test.each(['http://shop.test/', 'ftp://shop.test/', 'data:,x'])('is not sent to %s', target => {
    expect(() => next(302, 'GET', false, target)).toThrow(expect.objectContaining({ exitCode: 47 }));
  });
});
