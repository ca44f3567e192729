/** A web service as msw handlers, in the ways that the clients of this folder expect one: REST, streams, events, JSON-RPC, OpenAI. */

import { delay, getResponse, HttpResponse, http, type RequestHandler } from 'msw';

export const chainId = 5;
export const words = ['Nobody ', 'knows ', 'who ', 'asked.'];

export const handlers: RequestHandler[] = [
  http.get('*/items', ({ request }) => {
    const color = new URL(request.url).searchParams.get('color');
    return HttpResponse.json({ color, items: [1, 2, 3] });
  }),
  http.post('*/items', async ({ request }) => {
    const type = request.headers.get('content-type');
    return HttpResponse.json({ type, created: await request.json() }, { status: 201 });
  }),
  http.get('*/headers', ({ request }) => HttpResponse.json(Object.fromEntries(request.headers))),
  http.get('*/status/:code', ({ params }) => {
    return HttpResponse.json({ message: 'as ordered' }, { status: Number(params['code']) });
  }),
  http.get('*/redirect', ({ request }) => {
    return HttpResponse.redirect(new URL(request.url).searchParams.get('to') ?? '/items', 302);
  }),
  http.all('*/silence', async () => {
    await delay('infinite');
  }),
  http.get('*/stream', () => new HttpResponse(inPieces(words), { headers: { 'content-type': 'text/plain' } })),
  http.get('*/endless', () => new HttpResponse(inPieces(Array(10_000).fill('more ')))),
  http.get('*/events', ({ request }) => {
    const first = Number(request.headers.get('last-event-id') ?? 0) + 1;
    const events = words.map((word, i) => `id: ${first + i}\nevent: word\ndata: ${word}\n\n`);
    return new HttpResponse(inPieces(['retry: 10\n\n', ...events]), {
      headers: { 'content-type': 'text/event-stream' },
    });
  }),
  http.post('*/rpc', async ({ request }) => {
    const call = (await request.json()) as JsonRpcCall | JsonRpcCall[];
    return HttpResponse.json(Array.isArray(call) ? call.map(answerTo) : answerTo(call));
  }),
  http.get('*/v1/models', () => HttpResponse.json({ object: 'list', data: [{ id: 'tiny', object: 'model' }] })),
  http.post('*/v1/chat/completions', async ({ request }) => {
    const { stream, model } = (await request.json()) as { stream?: boolean; model: string };
    if (model !== 'tiny') return HttpResponse.json({ error: { message: 'no such model' } }, { status: 404 });
    if (!stream) return HttpResponse.json(completion({ message: { role: 'assistant', content: words.join('') } }));
    const events = words.map(word => `data: ${JSON.stringify(completion({ delta: { content: word } }))}\n\n`);
    return new HttpResponse(inPieces([...events, 'data: [DONE]\n\n']), {
      headers: { 'content-type': 'text/event-stream' },
    });
  }),
];

/** What the handlers have to say. */
export async function answer(request: Request): Promise<Response> {
  return (await getResponse(handlers, request)) ?? new Response('nobody is responsible', { status: 404 });
}

interface JsonRpcCall {
  readonly id: number;
  readonly method: string;
}

function answerTo({ id, method }: JsonRpcCall): object {
  const results: Record<string, string> = { eth_chainId: `0x${chainId}`, eth_blockNumber: '0x2a' };
  const result = results[method];
  if (result !== undefined) return { jsonrpc: '2.0', id, result };
  return { jsonrpc: '2.0', id, error: { code: -32601, message: 'the method does not exist' } };
}

function completion(choice: object): object {
  return { id: '1', object: 'chat.completion', model: 'tiny', choices: [{ index: 0, ...choice }] };
}

/** Each piece in a turn of its own, some milliseconds apart. */
function inPieces(pieces: readonly string[]): ReadableStream<Uint8Array> {
  const left = pieces.map(piece => new TextEncoder().encode(piece));
  return new ReadableStream({
    async pull(controller) {
      await delay(5);
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
}
