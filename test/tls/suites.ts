import { type CipherSuite, cipherSuites } from '../../src/tls/protocol/cipher-suites.ts';

export function suiteOf(id: number): CipherSuite {
  const suite = cipherSuites.find(known => known.id === id);
  if (suite === undefined) throw new Error('no such suite');
  return suite;
}
