import { startExpressSystem } from './express-system.mjs';
import { fixed, judge, median, table, target } from './figures.mjs';
import { NODE_FLAGS, startHubSystem } from './hub-system.mjs';
import { tell } from './load.mjs';
import { measure } from './measure.mjs';
import { onStage } from './stage.mjs';

const TARGET_RATIO = 1.5;

const HEADS =
  'run server webhooks/s P50 P95 P99 web-CPU worker postgres whole peak-MiB errors lost texts'.split(' ');

const wholeOf = ({ cpu: { web, worker, postgres } }) => web + worker + postgres;

const rowOf = (label, run) => {
  const { latency, cpu, peak, calls, texted } = run;
  const times = [latency.p50, latency.p95, latency.p99].map((ms) => fixed(ms));
  const costs = [cpu.web, cpu.worker, cpu.postgres, wholeOf(run)].map((ms) => fixed(ms, 2));
  const memory = [peak.web, peak.worker].filter((mib) => mib > 0).map((mib) => fixed(mib, 0));
  const counts = [run.errors.length, run.lost, `${texted}/${calls}`];
  return [label, run.name, fixed(run.perSecond), ...times, ...costs, memory.join('+'), ...counts];
};

/** One server from its start to its end, on a database of its own. */
const runOf = async (stage, startSystem, options) => {
  const system = await startSystem(stage, {
    split: true,
    tenants: options.tenants,
    profile: options.profile,
  });
  const run = await measure(stage, system, options);
  await system.stop();
  return run;
};

const ratioOf = ({ hub, express }, cost) => cost(hub) / cost(express);

const summarize = (pairs) => {
  const column = (pick) =>
    ['hub', 'express'].map((name) => fixed(median(pairs.map((pair) => pick(pair[name]))), 2));
  const web = median(pairs.map((pair) => ratioOf(pair, ({ cpu }) => cpu.web)));
  const whole = median(pairs.map((pair) => ratioOf(pair, wholeOf)));
  const rows = [
    ['medians', 'hub', 'express', 'ratio'],
    ['webhooks/s', ...column((run) => run.perSecond), ''],
    ...['p50', 'p95', 'p99'].map((share) => [
      `${share.toUpperCase()} ms`,
      ...column((run) => run.latency[share]),
      '',
    ]),
    ['web process, CPU ms per webhook', ...column((run) => run.cpu.web), fixed(web, 2)],
    ['web + worker + postgres, CPU ms per webhook', ...column(wholeOf), fixed(whole, 2)],
    ['peak RSS of the web process, MiB', ...column((run) => run.peak.web), ''],
  ];
  console.log(table(rows));
  return web;
};

/** The hub, split into web and worker, beside the hand-written server: alternating runs at one rate. */
export const compare = (options) =>
  onStage(async (stage) => {
    const { rate, seconds, warmUp, runs, tenants } = options;
    console.log(
      `  hub (web + worker) and Express ${process.version} ${NODE_FLAGS.join(' ')}, ${tenants} tenants, AI off, PostgreSQL fsync on`,
    );
    console.log(
      `  Poisson, ${rate} webhooks/s sent for ${seconds} s after ${warmUp} s of warm-up; CPU in ms per webhook`,
    );
    const pairs = [];
    for (let index = 1; index <= runs; index += 1) {
      const same = { ...options, seed: index };
      const hub = await runOf(stage, startHubSystem, same);
      const express = await runOf(stage, startExpressSystem, same);
      pairs.push({ hub, express });
      const lines = table([HEADS, rowOf(index, hub), rowOf(index, express)]).split('\n');
      console.log((index === 1 ? lines : lines.slice(1)).join('\n'));
      [hub, express].forEach(tell);
      console.log(
        `     web CPU ratio ${fixed(
          ratioOf({ hub, express }, ({ cpu }) => cpu.web),
          2,
        )}`,
      );
    }
    const ratio = summarize(pairs);
    const wrong = pairs
      .flatMap(({ hub, express }) => [hub, express])
      .filter(({ errors, lost }) => errors.length + lost > 0);
    judge([
      target(
        `CPU of the web process <= ${TARGET_RATIO} times Express's`,
        ratio <= TARGET_RATIO,
        fixed(ratio, 2),
      ),
      target('no error, none lost, in either', wrong.length === 0, `${wrong.length} runs with some`),
    ]);
  });
