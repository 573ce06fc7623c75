import { target } from '../../bench/figures.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { countsOf, invariantsOf } from '../judgement.mjs';
import { randomOf, underLoad } from '../under-load.mjs';

const WORKERS = 3;
const WITHIN_MS = 20_000;
const GIVE_UP_MS = 60_000;
const HOLDS_WITHIN_MS = 20_000;
/** Twilio takes so long to answer, each way: a send is a job in hand meanwhile. */
const TWILIO_MS = 250;
/** Whoever frees the jobs of others has to have beaten for 12 s itself. */
const VETERAN_MS = 15_000;

const NAMES = 'select unnest(worker_ids) as name from workers';
const HELD = 'select id from graphile_worker._private_jobs where locked_by = any($1)';
const LEFT =
  'select id from graphile_worker._private_jobs where id = any($1) and (locked_by = any($2) or run_at <= now())';

const namesIn = async (database) => (await database.query(NAMES)).rows.map(({ name }) => name);

/** Starts a worker. @returns the names under which it locks jobs, those that nobody had before, and when it was there */
const startNamed = async (database, hub) => {
  const others = new Set(await namesIn(database));
  await hub.start();
  let names = [];
  const came = await eventually(async () => {
    names = (await namesIn(database)).filter((name) => !others.has(name));
    return names.length > 0;
  }, GIVE_UP_MS);
  if (!came) throw new Error('A worker did not say its names.');
  return { hub, names, cameAt: clock() };
};

/** Kills a worker with jobs in hand. @returns how many it held, and when the last of them had run elsewhere */
const killHolding = async (database, { hub, names }) => {
  const held = async () => (await database.query(HELD, [names])).rows.map(({ id }) => id);
  await eventually(async () => (await held()).length > 0, HOLDS_WITHIN_MS, 5);
  hub.kill();
  const killedAt = clock();
  await hub.exited;
  const jobs = await held();
  const left = async () => (await database.query(LEFT, [jobs, names])).rows;
  const ran = await eventually(async () => (await left()).length === 0, GIVE_UP_MS, 50);
  return { jobs: jobs.length, ms: ran ? clock() - killedAt : GIVE_UP_MS };
};

const killOneByOne = async (house, { random, trials, say }) => {
  const database = await house.stage.connectTo(house.databaseUrl);
  const workers = [];
  for (const hub of house.hubs.slice(1)) workers.push(await startNamed(database, hub));
  house.twilio.delay(TWILIO_MS);
  await pause(Math.max(0, workers[1].cameAt + VETERAN_MS - clock())); // whoever is killed, one of the first two is left
  const kills = [];
  while (kills.length < trials) {
    const index = Math.floor(random() * workers.length);
    await pause(random() * 3_000);
    const kill = await killHolding(database, workers[index]);
    if (kill.jobs > 0) kills.push(kill);
    say(`kill ${kills.length} of ${trials}: ${kill.jobs} jobs, ${Math.round(kill.ms)} ms`);
    if (kills.length < trials) workers[index] = await startNamed(database, workers[index].hub);
  }
  await database.end();
  await house.twilio.heal();
  return kills;
};

const run = async (stage, { seed, first, trials, rate, settleMs, patient, say }) => {
  const random = randomOf({ seed, first });
  const house = { instances: ['web'], idle: Array.from({ length: WORKERS }, () => 'worker') };
  const given = { seed, first, settleMs, rate, patient, house };
  const { seen, done } = await underLoad(stage, given, (it) => killOneByOne(it, { random, trials, say }));
  const times = done.map(({ ms }) => ms);
  const late = times.filter((ms) => ms > WITHIN_MS).length;
  return {
    counts: { ...countsOf(seen), jobsHeld: done.reduce((sum, { jobs }) => sum + jobs, 0), late },
    samples: { 'kill to the last of its jobs run': times.map(Math.round) },
    checks: [
      target(
        `the jobs of each killed worker ran within ${WITHIN_MS / 1_000} s`,
        late === 0,
        `${late} of ${times.length} later, max ${Math.round(Math.max(...times))} ms`,
      ),
      ...invariantsOf(seen, { patient }),
    ],
  };
};

/** kill -9 of a worker that holds jobs; a trial is a kill, however many jobs it held, and the last of them counts. */
export const workerKilled = {
  fault: 'kill -9 of a worker with jobs in hand, two others alive',
  unit: 'kills',
  must: 'its jobs run elsewhere within 20 s (P99, which needs 300 kills)',
  full: { rate: 50, trials: 300, batch: 20, settleMs: 300_000, patient: true },
  short: { rate: 10, trials: 1, settleMs: 90_000, patient: false },
  counted: { jobsHeld: 'jobs' },
  msFor: ({ trials, settleMs }) => 240_000 + trials * 90_000 + settleMs,
  run,
};
