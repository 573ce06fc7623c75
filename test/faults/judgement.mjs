import { summaryOf, target } from '../bench/figures.mjs';

const few = (names) => (names.length === 0 ? '' : `, such as ${names.slice(0, 3).join(', ')}`);

/** One thing that must never happen. */
export const none = (name, names) => target(`0 ${name}`, names.length === 0, `${names.length}${few(names)}`);

const round = (value) => (Number.isFinite(value) ? Math.round(value * 10) / 10 : null);

/** Percentiles of some latencies in milliseconds, for a results line. */
export const latencyOf = (samples) => {
  const { count, p50, p95, p99, max } = summaryOf(samples);
  return { count, p50: round(p50), p95: round(p95), p99: round(p99), max: round(max) };
};

/** How many of each thing a verdict counts, for a results line. */
export const countsOf = ({ verdict, busy, settledMs }) => ({
  sent: verdict.sent,
  acknowledged: verdict.acknowledged,
  lost: verdict.lost.length,
  recovered: verdict.recovered.length,
  missing: verdict.missing.length,
  unexpected: verdict.unexpected.length,
  doubledTexts: verdict.doubledTexts.length,
  doubledEntries: verdict.doubledEntries.length,
  untold: verdict.untold.length,
  ...verdict.intents,
  failedEvents: busy.failed,
  deadJobs: busy.dead,
  settledMs,
});

/** Of the texts that were owed, so many may fail with a reason or be suppressed: no row's fault refuses any for good. */
const MOST_FAILED = 0.01;

const fewFailed = ({ accepted, failed, held, open }) =>
  target(
    `texts failed <= ${MOST_FAILED * 100} %`,
    failed <= MOST_FAILED * (accepted + failed + held + open),
    `${failed}`,
  );

/**
 * What holds whatever happens: nothing acknowledged is lost, nothing is doubled, nothing comes from nowhere.
 * @param patient whether texts of unknown outcome were given the minutes to be settled, and what was refused those to
 *   be imported: not in a short form
 */
export const invariantsOf = ({ verdict, busy }, { patient = true } = {}) => [
  none('lost (acknowledged, and not there)', verdict.lost),
  none('texts doubled', verdict.doubledTexts),
  none('entries doubled', verdict.doubledEntries),
  none('unexpected', verdict.unexpected),
  ...(patient
    ? [
        none('refused and not healed (calls and texts)', verdict.missing),
        none(
          'texts still open in the end',
          Array.from({ length: verdict.intents.open }, () => 'open'),
        ),
      ]
    : []),
  none('texts without an honest end', verdict.untold),
  fewFailed(verdict.intents),
  target('no event failed, no job dead', busy.failed + busy.dead === 0, `${busy.failed} and ${busy.dead}`),
];

export const EVERY_KIND = ['call', 'dial', 'status', 'text'];
export const ALWAYS = { from: 0, to: Number.POSITIVE_INFINITY };

/** What a webhook's history says of the answers in a span of time. */
export const answersIn = (history, { from, to }, kinds) => {
  const within = history.filter(({ kind, dueAt }) => kinds.includes(kind) && dueAt >= from && dueAt < to);
  return {
    count: within.length,
    wrong: within
      .filter(({ right }) => !right)
      .map(({ event, status, text = '' }) => `${event}: ${status} ${text.slice(0, 80)}`),
    latency: latencyOf(within.map(({ latencyMs }) => latencyMs)),
  };
};
