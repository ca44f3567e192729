/** Nothing that a benchmark does goes on for ever, and whatever fails says which step it was. */
export async function within<T>(seconds: number, step: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), 1000 * seconds);
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    throw new Error(`failed: ${step}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
