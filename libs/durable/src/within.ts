/** What work gives, or `late` when it takes longer than so many milliseconds; it goes on all the same. */
export const within = <T>(work: Promise<T>, ms: number): Promise<T | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
