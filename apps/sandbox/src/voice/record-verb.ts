import { finalStatus, standardParams } from './call.js';
import { answer, notePhone, type Exchange } from './exchange.js';
import type { Line } from './line.js';
import { newRecording, publishRecording, recordingParams } from './recording.js';
import { methodIn, urlIn, type Step, type VerbInHand } from './walker.js';

const LONGEST_RECORDING_SECONDS = 3600;

/** `<Record>`: the caller speaks so many seconds, then the action; a caller who hangs up ends it with `hangup`. */
export async function record(
  exchange: Exchange,
  line: Line,
  { verb, document }: VerbInHand,
  speaksSeconds: number,
): Promise<Step> {
  answer(exchange, line.call);
  if (verb.attributes['playBeep'] !== 'false') notePhone(exchange, line, 'hears', '[beep]');
  const startedAt = Date.now();
  const longest = Number(verb.attributes['maxLength'] ?? LONGEST_RECORDING_SECONDS);
  await exchange.timers.sleep(exchange.time.ms(Math.min(speaksSeconds, longest)), line.signal);
  const recording = newRecording(line.call, 'RecordVerb', exchange.time.seconds(startedAt, Date.now()));
  publishRecording(exchange, recording, verb);
  const url = urlIn(document, verb.attributes['action']);
  const fetch = { url, method: methodIn(verb), purpose: 'record', params: recordingParams(recording) };
  if (line.endedBy === null) return { fetch };
  await tell(exchange, line, { ...fetch, params: { ...fetch.params, Digits: 'hangup' } });
  return 'next';
}

/** Requests an action although nobody is left on the line: the answer is asked for and dropped. */
export async function tell(
  exchange: Exchange,
  { call }: Line,
  {
    params,
    ...action
  }: { url: string; method: 'GET' | 'POST'; purpose: string; params: Record<string, string> },
): Promise<void> {
  const { accountSid, sid: resourceSid } = call;
  const all = { ...standardParams(call), CallStatus: finalStatus(call), ...params };
  await exchange.alerts.notify({ accountSid, ...action, params: all }, resourceSid);
}
