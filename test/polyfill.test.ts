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

  test.each(['inner', 'outer'])(
    'of two that are nested, the %s one undone first, each leaves the other as it was',
    which => {
      const [outer, inner] = [aFetch(), aFetch()];
      const undoOuter = install(outer);
      const undoInner = install(inner);
      if (which === 'inner') {
        undoInner();
        expect(globalThis.fetch).toBe(outer);
        undoOuter();
      } else {
        undoOuter();
        expect(globalThis.fetch).toBe(inner);
        undoInner();
      }
      expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toEqual(original);
    },
  );

  test.each<[what: string, descriptor: PropertyDescriptor]>([
    ['a getter', { get: () => platformFetch, set: () => {}, enumerable: false, configurable: true }],
    ['hidden and read-only', { value: platformFetch, writable: false, enumerable: false, configurable: true }],
  ])('undone, the property is again what it was: %s', (_, descriptor) => {
    Object.defineProperty(globalThis, 'fetch', descriptor);
    const ours = aFetch();
    const undo = install(ours);
    expect(globalThis.fetch).toBe(ours);
    expect(Object.keys(globalThis)).not.toContain('fetch');
    undo();
    expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toEqual(descriptor);
  });

  test('where there was none, there is none again', () => {
    Reflect.deleteProperty(globalThis, 'fetch');
    install(aFetch())();
    expect('fetch' in globalThis).toBe(false);
  });

  test('Request, Response and Headers stay those of the platform', () => {
    const names = ['Request', 'Response', 'Headers', 'WebSocket', 'XMLHttpRequest', 'EventSource'];
    const found = () => names.map(name => Object.getOwnPropertyDescriptor(globalThis, name));
    const before = found();
    const undo = install(aFetch());
    expect(found()).toEqual(before);
    undo();
    expect(found()).toEqual(before);
  });

  test('importing the automatic one installs', async () => {
    await import('../src/polyfill/auto.ts');
    expect(globalThis.fetch).toBe(mixFetch);
  });
});
