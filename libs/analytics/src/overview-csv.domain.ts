/** Anything of numbers, texts and nulls, nested. */
type Nested = { readonly [metric: string]: string | number | null | Nested };

const rowsOf = (metrics: Nested, above = ''): readonly string[] =>
  Object.entries(metrics).flatMap(([name, value]) =>
    value !== null && typeof value === 'object'
      ? rowsOf(value, `${above}${name}.`)
      : [`${above}${name},${value ?? ''}`],
  );

/** Metrics as two columns (RFC 4180); nested ones are named with a dot, what is not known stays empty. */
export const csvOf = (metrics: Nested): string => ['metric,value', ...rowsOf(metrics), ''].join('\r\n');
