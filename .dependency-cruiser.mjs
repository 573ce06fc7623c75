import { modules } from './architecture.mjs';

const edges = Object.entries(modules).map(([lib, allowed]) => ({
  name: `edge-${lib}`,
  comment: `libs/${lib} may import only: ${allowed.join(', ') || 'nothing'}. An edge is added in architecture.mjs, with an ADR.`,
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
}));

export default {
  forbidden: [
    ...edges,
    {
      name: 'unlisted-lib',
      comment: 'Every lib stands in the module table of architecture.mjs.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/(${Object.keys(modules).join('|')})/` },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Break the cycle: move what both need down, or publish an event.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'face-only',
      comment: "Import another lib by its face, '#libs/<name>'.",
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'face-only-from-outside',
      comment: "Apps, tests and migrations import a lib by its face, '#libs/<name>'.",
      severity: 'error',
      from: { path: '^(apps|test|migrations)/', pathNot: '^test/simulation/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'simulation-runs-the-pure-cores',
      comment:
        "The simulator runs the libs' rules themselves, and with them the spool's frames and the inbox's keys (docs/adr/0015).",
      severity: 'error',
      from: { path: '^test/simulation/' },
      to: {
        path: '^(libs|apps)/',
        pathNot: ['\\.domain\\.ts$', '^libs/durable/src/(inbox/webhook-events|spool/frames)\\.ts$'],
      },
    },
    {
      name: 'libs-know-no-apps',
      comment: 'A lib never imports an app.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test)/' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox meets the hub over HTTP only.',
      severity: 'error',
      from: { path: '^apps/sandbox/' },
      to: { path: '^(libs|apps/hub)/' },
    },
    {
      name: 'pure-domain',
      comment: 'A *.domain.ts imports only its own domain files: no framework, no clock, no I/O.',
      severity: 'error',
      from: { path: '\\.domain\\.ts$' },
      to: { pathNot: ['\\.domain\\.ts$'] },
    },
    {
      name: 'only-twilio-knows-twilio',
      comment: "Only libs/twilio imports the 'twilio' package; ask its face.",
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '^libs/twilio/' },
      to: { path: 'node_modules/twilio/' },
    },
    {
      name: 'only-platform-opens-connections',
      comment:
        "Db and Egress of libs/platform are the only doors to PostgreSQL and to HTTP, but for Twilio's own transport.",
      severity: 'error',
      from: {
        path: '^libs/',
        pathNot:
          '^libs/(platform|durable)/|^libs/twilio/src/rest/(twilio-transport|post-once)\\.ts$|\\.entity\\.ts$|\\.spec\\.ts$',
      },
      to: { path: 'node_modules/(pg|undici|typeorm)/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default'],
    },
    exclude: { path: '^dist/' },
  },
};
