import { spawnSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { target } from '../../bench/figures.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { pause } from '../../bench/stage.mjs';
import { answersIn, countsOf, invariantsOf, none } from '../judgement.mjs';
import { underLoad } from '../under-load.mjs';

const MIB = 4;
const CHUNK = Buffer.alloc(4_096);

/** Writes until the disk takes no more. */
const fill = async (folder) => {
  const file = await open(join(folder, 'ballast'), 'w');
  try {
    for (let written = 0; written < MIB * 2 ** 20; written += CHUNK.length) await file.write(CHUNK);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
};

const unmount = (folder) => spawnSync('umount', ['-l', folder]);

/** Puts a small disk where the hub keeps its data. @returns why not, or null */
const mount = (folder) => {
  if (process.getuid?.() !== 0) return 'only root may mount a tmpfs';
  const { status, stderr, error } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${MIB}m`,
    'tmpfs',
    folder,
  ]);
  return status === 0 ? null : `no tmpfs can be mounted: ${error?.message ?? String(stderr).trim()}`;
};

const fillAndFreeze = async (house, { trials, outageMs, say }) => {
  const spans = [];
  await pause(2_000);
  for (let trial = 0; trial < trials; trial += 1) {
    await fill(house.hub.folder);
    await house.postgres.freeze();
    const from = clock();
    say(`no disk and no database for ${outageMs / 1_000} s`);
    await pause(outageMs);
    const to = clock();
    house.postgres.thaw();
    await rm(join(house.hub.folder, 'ballast'));
    spans.push({ from, to });
    await pause(3_000);
  }
  return spans;
};

const run = async (stage, { seed, first, trials, rate, outageMs, settleMs, say }) => {
  let skipped = null;
  const folders = [];
  const prepare = (hub) => {
    skipped ??= mount(hub.folder);
    if (skipped === null) folders.push(hub.folder);
  };
  const unmountAll = () => folders.splice(0).forEach(unmount);
  process.once('exit', unmountAll);
  try {
    const work = (house) => (skipped === null ? fillAndFreeze(house, { trials, outageMs, say }) : []);
    const given = { seed, first, rate, settleMs, healMs: 0, house: { prepare } };
    const { history, seen, done } = await underLoad(stage, given, work);
    return skipped === null ? outcomeOf(history, seen, done) : { skipped };
  } finally {
    unmountAll();
    process.off('exit', unmountAll);
  }
};

const outcomeOf = (history, seen, spans) => {
  const voice = spans.map((span) => answersIn(history, span, ['call', 'dial']));
  const texts = spans.map((span) => answersIn(history, span, ['text']));
  const sum = (parts, pick) => parts.reduce((total, part) => total + pick(part), 0);
  const [count, refused] = [sum(voice, (part) => part.count), sum(texts, ({ wrong }) => wrong.length)];
  const others = texts.flatMap(({ wrong }) => wrong.filter((line) => !line.includes(': 503 ')));
  return {
    counts: { ...countsOf(seen), voiceDuring: count, textsRefused: refused },
    latency: { voiceDuring: voice[0].latency, textsDuring: texts[0].latency },
    checks: [
      none(
        `of ${count} voice webhooks without disk and database without the right TwiML`,
        voice.flatMap(({ wrong }) => wrong),
      ),
      none('texts answered otherwise than kept (200) or refused (503)', others),
      target('texts were refused: the disk was full', refused > 0, `${refused}`),
      ...invariantsOf(seen, { patient: false }),
    ],
  };
};

/** The disk is full, and PostgreSQL does not answer. */
export const diskFull = {
  fault: 'PostgreSQL frozen and the disk full under 100 webhooks/s',
  unit: 'outages',
  must: 'calls still get the right TwiML; a text is refused with 503 rather than lost; 0 lost',
  full: { trials: 5, batch: 1, outageMs: 30_000, settleMs: 120_000 },
  short: { trials: 1, outageMs: 5_000, settleMs: 90_000 },
  counted: { voiceDuring: 'voice webhooks' },
  msFor: ({ trials, outageMs, settleMs }) => 120_000 + trials * (outageMs + 10_000) + settleMs,
  run,
};
