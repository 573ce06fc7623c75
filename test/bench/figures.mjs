/** The value below which this share of the samples lies, from samples in ascending order. */
export const percentile = (sorted, share) =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

/** Count, least, P50, P95, P99 and largest of some samples: exact, no histogram's buckets. */
export const summaryOf = (samples) => {
  const sorted = Float64Array.from(samples).sort();
  return {
    count: sorted.length,
    min: percentile(sorted, 0),
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
};

export const median = (samples) => percentile(Float64Array.from(samples).sort(), 0.5);

export const fixed = (value, digits = 1) => value.toFixed(digits);

/** Rows as aligned columns, the first row being the heads. */
export const table = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const cell = (text, column) =>
    column === 0 ? String(text).padEnd(widths[0]) : String(text).padStart(widths[column]);
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n');
};

/** One target: what it asks, what was seen, whether that holds. */
export const target = (name, holds, seen) => ({ name, holds, seen });

/** Prints the targets; a missed one makes the process end with 1. */
export const judge = (targets) => {
  for (const { name, holds, seen } of targets) {
    console.log(`  ${holds ? 'met   ' : 'MISSED'}  ${name}: ${seen}`);
    if (!holds) process.exitCode = 1;
  }
};
