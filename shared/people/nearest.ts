/** Longer names are told apart by their beginning. */
const COMPARED = 60;
const MOST = 3;
/** Names that a message lists. */
const NAMED = 30;

/** Those of the names that somebody may have meant by this word, the likeliest first. */
export function nearest(word: string, names: readonly string[]): string[] {
  const wanted = comparable(word);
  if (wanted === '') return [];
  const rated = names.map((name) => {
    const is = comparable(name);
    const distance = is.includes(wanted) ? 0 : distanceOf(wanted, is);
    return { name, distance, allowed: Math.max(2, is.length / 3) };
  });
  return rated
    .filter(({ distance, allowed }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ name }) => name);
}

const comparable = (text: string): string => text.trim().toLowerCase().slice(0, COMPARED);

/** How many letters have to be put in, taken out or replaced (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** `Did you mean Invoice or Item?`, or what there is to choose from. */
export function choicesIn(word: string, names: readonly string[]): string {
  const close = nearest(word, names);
  if (close.length > 0) return `Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?`;
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
  return `Choose one of: ${names.slice(0, NAMED).join(', ')}${more}.`;
}
