import { readdirSync, readFileSync } from 'node:fs';

/** The unit of the times in /proc/<pid>/stat: sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** The fields of /proc/<pid>/stat after the name, which may hold blanks; `state` is the first (proc_pid_stat(5)). */
const statOf = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

const PARENT = 1;
const [USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED] = [11, 12, 13, 14];

const sumOf = (stat, fields) => fields.reduce((sum, field) => sum + Number(stat[field]), 0) * MS_PER_TICK;

/** User and system time that a process has used, all its threads, in milliseconds. */
export const cpuMs = (pid) => sumOf(statOf(pid), [USER, SYSTEM]);

export const parentOf = (pid) => Number(statOf(pid)[PARENT]);

const childrenOf = (parent) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = statOf(pid);
        return Number(stat[PARENT]) === parent ? [{ pid: Number(pid), stat }] : [];
      } catch {
        return [];
      }
    });

/** A process and its children, those that ended and were not waited for yet left out. */
export const familyOf = (pid) => [
  pid,
  ...childrenOf(pid).flatMap(({ pid: child, stat }) => (stat[0] === 'Z' ? [] : [child])),
];

/** What a PostgreSQL server has used: the postmaster, every backend and helper alive, and those that ended. */
export const postgresCpuMs = (postmaster) => {
  const own = sumOf(statOf(postmaster), [USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED]);
  return childrenOf(postmaster).reduce((sum, { stat }) => sum + sumOf(stat, [USER, SYSTEM]), own);
};

/** The memory that a process holds now, in MiB (VmRSS). */
export const residentMiB = (pid) => {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};

/** The most memory that a process ever held, in MiB (VmHWM). */
export const peakMiB = (pid) => {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};
