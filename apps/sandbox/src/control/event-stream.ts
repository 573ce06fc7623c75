import type { Request, Response } from 'express';
import type { Ledger, LedgerEntry } from '../ledger.js';

const HEARTBEAT_MS = 15_000;
const LARGEST_BACKLOG_BYTES = 1_000_000;

/** The ledger live, as server-sent events; `Last-Event-ID` resumes. A reader too slow to keep up is cut off. */
export function streamEvents(ledger: Ledger, req: Request, res: Response): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (entry: LedgerEntry): void => {
    res.write(`id: ${entry.seq}\nevent: ${entry.kind}\ndata: ${JSON.stringify(entry)}\n\n`);
    if (res.writableLength > LARGEST_BACKLOG_BYTES) res.destroy();
  };
  res.write(': the sandbox, live\n\n');
  const last = Number(req.headers['last-event-id'] ?? Number.NaN);
  if (!Number.isNaN(last))
    ledger
      .entries()
      .filter(({ seq }) => seq > last)
      .forEach(send);
  const stopWatching = ledger.watch(send);
  const heartbeat = setInterval(() => res.write(': still there\n\n'), HEARTBEAT_MS);
  res.on('close', () => {
    stopWatching();
    clearInterval(heartbeat);
  });
}
