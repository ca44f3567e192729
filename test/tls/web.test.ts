import { expect, test } from 'vitest';
import { createTls } from '../../src/tls/web.ts';

test('without TLS of the platform, securing a stream fails and closes it', async () => {
  const closedWith: unknown[] = [];
  const stream = {
    readable: new ReadableStream(),
    writable: new WritableStream(),
    close: async (reason: unknown) => void closedWith.push(reason),
  };
  const securing = createTls({}).secure(stream, { hostname: 'shop.test', alpn: [] });
  await expect(securing).rejects.toMatchObject({ code: 'ERR_MIX_TLS_UNAVAILABLE' });
  expect(closedWith).toMatchObject([{ code: 'ERR_MIX_TLS_UNAVAILABLE' }]);
});
