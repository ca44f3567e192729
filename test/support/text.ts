/** What origins send where it does not matter what. */
export const text = 'The quick brown fox jumps over the lazy dog. '.repeat(200);
