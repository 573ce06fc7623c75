import { summaryOf, table } from '../bench/figures.mjs';
import { allResults } from './results.mjs';

/** 0 in N trials bounds the rate at 3/N with 95 % confidence (the rule of three); three or fewer bound nothing. */
const proof = (trials, unit) =>
  `nothing wrong in ${trials} ${unit}: ${trials > 3 ? `below ${percent(3 / trials)} of them (95 %)` : 'too few to bound their rate'}`;

const percent = (share) => `${(share * 100).toPrecision(2)} %`;

const sumsOf = (lines) => {
  const sums = {};
  for (const { counts } of lines) {
    for (const [name, count] of Object.entries(counts)) {
      if (typeof count !== 'number') continue;
      sums[name] = name.endsWith('Ms') ? Math.max(sums[name] ?? 0, count) : (sums[name] ?? 0) + count;
    }
  }
  return sums;
};

const COLUMNS = ['count', 'p50', 'p95', 'p99', 'max'];

/** Percentiles cannot be added: of samples that were kept they are exact, of batches the worst one's. */
const latenciesOf = (lines) => {
  const rows = [];
  for (const name of new Set(lines.flatMap(({ latency }) => Object.keys(latency)))) {
    const batches = lines.flatMap(({ latency }) => (latency[name]?.count > 0 ? [latency[name]] : []));
    if (batches.length === 0) continue;
    const worst = COLUMNS.slice(1).map((column) => Math.max(...batches.map((batch) => batch[column])));
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    rows.push([batches.length > 1 ? `${name}, worst of ${batches.length} batches` : name, count, ...worst]);
  }
  for (const name of new Set(lines.flatMap(({ samples = {} }) => Object.keys(samples)))) {
    const { count, ...rest } = summaryOf(lines.flatMap(({ samples }) => samples?.[name] ?? []));
    rows.push([`${name}, all trials`, count, ...COLUMNS.slice(1).map((column) => Math.round(rest[column]))]);
  }
  return rows.length === 0 ? '' : table([['milliseconds', ...COLUMNS], ...rows]);
};

const listed = (names) => [...new Set(names)].join(', ');

const tell = (name, row, lines) => {
  const trials = lines.reduce((sum, line) => sum + line.trials, 0);
  console.log(`\n${name}: ${row.fault}`);
  console.log(`  must hold: ${row.must}`);
  if (trials === 0) return console.log('  not run yet');
  const sums = sumsOf(lines);
  console.log(
    `  ${trials} ${row.unit}, seeds ${listed(lines.map(({ seed }) => seed))}, commits ${listed(lines.map((line) => line.commit))}, ${lines[0].date.slice(0, 10)} to ${lines.at(-1).date.slice(0, 10)}`,
  );
  console.log(
    `  ${Object.entries(sums)
      .map(([key, count]) => `${key} ${Math.round(count * 100) / 100}`)
      .join(', ')}`,
  );
  const latencies = latenciesOf(lines);
  if (latencies !== '') console.log(latencies);
  const missed = lines.filter(({ verdict }) => verdict === 'missed');
  const verdicts = [
    ...missed.map(
      (line) =>
        `trials ${line.first} to ${line.last}, seed ${line.seed}, ${line.commit}: ${line.missed.join('; ')}`,
    ),
    ...(row.overall?.(lines, sums) ?? []),
  ];
  for (const each of verdicts) console.log(`  MISSED  ${each}`);
  if (verdicts.length > 0) return;
  console.log(`  met     ${proof(trials, row.unit)}`);
  for (const [key, unit] of Object.entries(row.counted ?? {}))
    if (sums[key] > 0) console.log(`          ${proof(sums[key], unit)}`);
};

/** What all runs of each row came to, from the results file; those at another rate than the row's stand by themselves. */
export const report = (rows) => {
  const lines = allResults();
  for (const [name, row] of Object.entries(rows)) {
    const own = lines.filter((line) => line.row === name);
    for (const rate of new Set([undefined, ...own.map((line) => line.rate)])) {
      const title = rate === undefined ? name : `${name} at ${rate} webhooks/s`;
      tell(
        title,
        row,
        own.filter((line) => line.rate === rate),
      );
    }
  }
};
