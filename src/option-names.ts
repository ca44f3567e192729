/**
 * Refuses what is misspelt, or of another version: somebody relies on it.
 *
 * @param within where the options are, as in `mixnet.`
 * @throws TypeError naming the option that does not exist.
 */
export function checkOptionNames(options: object, names: readonly string[], within = ''): void {
  const unknown = Object.keys(options).find(name => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`There is no option "${within}${unknown}".`);
}
