import { Request as OtherRequest } from 'undici';
import { expect, test } from 'vitest';
import { bed } from './bed.ts';

test('the Request class of another copy of fetch does as well', async () => {
  const { echo, at } = await bed();
  const request = new OtherRequest(at('/echo'), { method: 'POST', body: 'from elsewhere' }) as unknown as Request;
  expect(await echo(request)).toMatchObject({ method: 'POST', body: 'from elsewhere' });
  expect(request.bodyUsed).toBe(true);
});
