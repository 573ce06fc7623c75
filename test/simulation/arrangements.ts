/** Letters that may be heard in any order, and what is made of them. */
export interface Alphabet<State, Letter> {
  readonly name: string;
  readonly letters: readonly Letter[];
  readonly begin: State;
  readonly take: (state: State, letter: Letter) => State;
  /** What it came to, in words, once nothing more is heard. */
  readonly end: (state: State) => string;
  /** What it must have come to for whoever heard every letter; null where that never happens. */
  readonly truth: string | null;
  readonly spell: (letter: Letter) => string;
}

export interface Tried {
  readonly orders: number;
  /** Orders of the same letters that ended differently or untruly, or a letter that counted twice. */
  readonly differ: readonly string[];
}

const LONGEST = 6;

const ordersOf = function* <Letter>(letters: readonly Letter[]): Generator<readonly Letter[]> {
  if (letters.length === 0) yield [];
  for (const [index, first] of letters.entries())
    for (const rest of ordersOf(letters.toSpliced(index, 1))) yield [first, ...rest];
};

/** Orders of all letters: six of them in every order, after the others, or before them. */
const wholeOrders = function* <Letter>(letters: readonly Letter[]): Generator<readonly Letter[]> {
  const early = letters.slice(0, -LONGEST);
  for (const order of ordersOf(letters.slice(-LONGEST))) yield [...early, ...order];
  if (early.length === 0) return;
  for (const order of ordersOf(letters.slice(0, LONGEST))) yield [...order, ...letters.slice(LONGEST)];
};

/** Whoever hears every letter comes to the truth. */
const tryTruth = <State, Letter>(alphabet: Alphabet<State, Letter>): Tried => {
  const { name, letters, begin, take, end, truth, spell } = alphabet;
  if (truth === null) return { orders: 0, differ: [] };
  const orders = [...wholeOrders(letters)];
  const differ = orders.flatMap((order) => {
    const came = end(order.reduce(take, begin));
    return came === truth
      ? []
      : [`${name}: ${order.map(spell).join(', ')} ends "${came}", and it was "${truth}"`];
  });
  return { orders: orders.length, differ };
};

/**
 * Every order of every choice of up to six letters: those of the same letters must end the same, heard twice or once,
 * and those of all of them truly.
 */
export const tryAll = <State, Letter>(alphabet: Alphabet<State, Letter>): Tried => {
  const { name, letters, begin, take, end, spell } = alphabet;
  const ends = new Map<number, { readonly end: string; readonly order: readonly Letter[] }>();
  const differ: string[] = [];
  let orders = 0;
  const spelled = (order: readonly Letter[]): string => order.map(spell).join(', ');

  const visit = (state: State, order: readonly Letter[], used: number): void => {
    orders += 1;
    const now = end(state);
    const before = ends.get(used);
    if (before === undefined) ends.set(used, { end: now, order });
    else if (before.end !== now)
      differ.push(`${name}: ${spelled(order)} ends "${now}", but ${spelled(before.order)} "${before.end}"`);
    const last = order.at(-1);
    if (last !== undefined && end(take(state, last)) !== now)
      differ.push(`${name}: ${spelled(order)} ends differently when its last is heard twice`);
    if (order.length === LONGEST) return;
    for (const [index, letter] of letters.entries())
      if ((used & (1 << index)) === 0) visit(take(state, letter), [...order, letter], used | (1 << index));
  };
  visit(begin, [], 0);
  const whole = tryTruth(alphabet);
  return { orders: orders - 1 + whole.orders, differ: [...differ, ...whole.differ] };
};
