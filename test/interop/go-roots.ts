/** Certificate authorities in the memory of a program that was compiled from Go to WebAssembly. */

/**
 * Code for its worker: when the program is loaded and has not begun, the first certificate of its list is overwritten with
 * `pem`, and what is left of it with line feeds, which readers of PEM skip.
 */
export function exchangeOfRoots(pem: string): string {
  return `(${exchange})(${JSON.stringify(pem.trim())})`;
}

const exchange = `pem => {
  const [begin, end] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'];
  const bytes = text => new TextEncoder().encode(text);
  const find = (memory, text, from) => {
    const wanted = bytes(text);
    for (let at = memory.indexOf(wanted[0], from); at >= 0; at = memory.indexOf(wanted[0], at + 1)) {
      if (wanted.every((byte, i) => memory[at + i] === byte)) return at;
    }
    return -1;
  };
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...args) => {
    const result = await instantiate.apply(WebAssembly, args);
    const { exports } = result.instance ?? result;
    // Go's name for its memory.
    if (exports.mem instanceof WebAssembly.Memory) {
      const memory = new Uint8Array(exports.mem.buffer);
      let from = find(memory, begin + '\\n', 0);
      let to = find(memory, end, from) + end.length;
      if (from < 0 || to - from < pem.length) throw new Error('no certificate to exchange');
      memory.fill(10, from, to).set(bytes(pem), from);
    }
    return result;
  };
}`;
