import { describe } from 'vitest';
import { indexedDbStorage } from '../../src/storage/web.ts';
import { compliesWithStorage } from '../storage/compliance.ts';

let places = 0;

describe('in the browser’s own IndexedDB, under its own Web Locks', () => {
  compliesWithStorage(async () => {
    const name = `place-${places++}`;
    return () => indexedDbStorage(name);
  });
});
