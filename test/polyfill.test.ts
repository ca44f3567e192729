import { afterEach, describe, expect, test } from 'vitest';
import { mixFetch } from '../src/index.ts';
import { install } from '../src/polyfill.ts';

const original = Object.getOwnPropertyDescriptor(globalThis, 'fetch') as PropertyDescriptor;
const platformFetch = globalThis.fetch;
afterEach(() => void Object.defineProperty(globalThis, 'fetch', original));

const aFetch = () => async () => new Response('ours');

describe('install', () => {
  test('puts the shared mixFetch in the place of fetch, until it is undone', () => {
    const undo = install();
    expect(globalThis.fetch).toBe(mixFetch);
    undo();
    expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toEqual(original);
  });

  test('code that was given no fetch uses the installed one, and can replace it as before', async () => {
    const undo = install(aFetch());
    expect(await (await fetch('https://nowhere.test/')).text()).toBe('ours');
    const theirs = aFetch();
    globalThis.fetch = theirs;
    undo();
    expect(globalThis.fetch).toBe(theirs);
  });

  test('several can be undone in any order', () => {
    const [first, second, third] = [aFetch(), aFetch(), aFetch()];
    const [undoFirst, undoSecond, undoThird] = [install(first), install(second), install(third)];
    undoSecond();
    expect(globalThis.fetch).toBe(third);
    undoThird();
    expect(globalThis.fetch).toBe(first);
    undoThird();
    undoFirst();
    undoFirst();
    expect(globalThis.fetch).toBe(platformFetch);
  });

  test('Request, Response and Headers stay those of the platform', () => {
    const before = [Request, Response, Headers];
    install(aFetch())();
    expect([Request, Response, Headers]).toEqual(before);
  });

  test('importing the automatic one installs', async () => {
    await import('../src/polyfill/auto.ts');
    expect(globalThis.fetch).toBe(mixFetch);
  });
});
