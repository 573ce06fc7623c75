import { fixed, judge, table, target } from './figures.mjs';
import { NODE_FLAGS, startHubSystem } from './hub-system.mjs';
import { measure } from './measure.mjs';
import { onStage } from './stage.mjs';

const TARGET_P95_MS = 75;
const TARGET_MIB = 300;

const latencyRow = (name, { count, p50, p95, p99, max }) => [
  name,
  count,
  ...[p50, p95, p99, max].map((ms) => fixed(ms)),
];

/** Prints what a server said under load: nothing, or its last lines. */
export const tell = (run) => {
  for (const error of run.errors.slice(0, 3)) console.log(`  error: ${error}`);
  const lines = run.said.split('\n').filter((line) => /"level":(40|50|60)|Error/.test(line));
  if (lines.length > 0)
    console.log(
      `  ${run.name} logged ${lines.length} warnings or errors, such as ${lines.at(-1).slice(0, 300)}`,
    );
};

/** The hub, ROLE=all, under an open loop. */
export const load = ({ rate, seconds, warmUp, tenants, profile }) =>
  onStage(async (stage) => {
    const system = await startHubSystem(stage, { tenants, profile });
    const run = await measure(stage, system, { rate, seconds, warmUp });
    await system.stop();
    const { latency, peak, errors, calls, texts, texted, lost, cpu } = run;
    console.log(
      `  hub ROLE=all, node ${NODE_FLAGS.join(' ')}, ${tenants} tenants, AI off; Poisson, latency from the intended time`,
    );
    console.log(
      `  ${rate} webhooks/s sent for ${seconds} s after ${warmUp} s of warm-up; ${fixed(run.perSecond)}/s with the texts' callbacks`,
    );
    const heads = ['milliseconds', 'count', 'P50', 'P95', 'P99', 'max'];
    console.log(
      table([heads, latencyRow('all', latency), ...run.kinds.map((of) => latencyRow(of.kind, of))]),
    );
    console.log(
      `  ${calls} calls, ${texts} texts to ${texted} callers, ${errors.length} errors, ${lost} webhooks not kept`,
    );
    console.log(
      `  CPU per webhook: hub ${fixed(cpu.web, 2)} ms, PostgreSQL ${fixed(cpu.postgres, 2)} ms; hub's peak RSS ${fixed(peak.web)} MiB`,
    );
    tell(run);
    judge([
      target(`P95 <= ${TARGET_P95_MS} ms`, latency.p95 <= TARGET_P95_MS, `${fixed(latency.p95)} ms`),
      target(
        'no error, none lost',
        errors.length === 0 && lost === 0,
        `${errors.length} errors, ${lost} lost`,
      ),
      target('one text for each call', texts === calls && texted === calls, `${texts} of ${calls}`),
      target(`peak RSS <= ${TARGET_MIB} MiB`, peak.web <= TARGET_MIB, `${fixed(peak.web)} MiB`),
    ]);
  });
