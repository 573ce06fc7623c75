/** Two projects: `unit` needs nothing; `database` gets a PostgreSQL cluster, one database per test file. */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^#libs/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['node', 'node-addons', 'source'] },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/data'],
};

export default {
  testTimeout: 30_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '700MB',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/libs/**/*.domain.spec.ts',
        '<rootDir>/apps/sandbox/**/*.spec.ts',
        '<rootDir>/test/faults/*.spec.ts',
        '<rootDir>/test/simulation/*.spec.ts',
      ],
    },
    {
      ...shared,
      displayName: 'database',
      testMatch: [
        '<rootDir>/libs/**/*.spec.ts',
        '<rootDir>/apps/hub/**/*.spec.ts',
        '<rootDir>/test/**/*.spec.ts',
      ],
      testPathIgnorePatterns: ['\\.domain\\.spec\\.ts$', '/test/faults/', '/test/simulation/'],
      globalSetup: '<rootDir>/test/cluster.setup.mjs',
      globalTeardown: '<rootDir>/test/cluster.teardown.mjs',
    },
  ],
};
