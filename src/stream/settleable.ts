/** A promise that is settled from outside. */

export interface Settle {
  resolve(): void;
  reject(error: unknown): void;
}

/** Its rejection is not unhandled if nobody looks at it. */
export function settleable(): Settle & { readonly promise: Promise<void> } {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<void>((...functions) => {
    [resolve, reject] = functions;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
