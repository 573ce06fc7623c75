import { newSid } from '../sids.js';
import { rfc2822 } from '../rfc2822.js';
import type { Params } from '../signature.js';
import type { TwimlElement } from '../twiml.js';
import type { Call } from './call.js';
import type { Exchange } from './exchange.js';
import type { Recording } from './recordings.js';

export const newRecording = (call: Call, source: Recording['source'], seconds: number): Recording => ({
  sid: newSid('RE'),
  accountSid: call.accountSid,
  callSid: call.sid,
  source,
  startedAt: Date.now(),
  seconds,
});

/** What a verb's action request says about the recording that it made. */
export const recordingParams = ({ sid, accountSid, seconds }: Recording): Params => ({
  RecordingSid: sid,
  RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Recordings/${sid}`,
  RecordingDuration: String(seconds),
});

/** Keeps the recording and calls the verb's `recordingStatusCallback`, when it has one. */
export function publishRecording(exchange: Exchange, recording: Recording, verb: TwimlElement): void {
  exchange.recordings.add(recording);
  const { recordingStatusCallback: url, recordingStatusCallbackEvent = 'completed' } = verb.attributes;
  if (!url || !recordingStatusCallbackEvent.split(/\s+/).includes('completed')) return;
  const params = {
    AccountSid: recording.accountSid,
    CallSid: recording.callSid,
    RecordingStatus: 'completed',
    RecordingChannels: verb.attributes['record']?.endsWith('dual') === true ? '2' : '1',
    RecordingStartTime: rfc2822(recording.startedAt),
    RecordingSource: recording.source,
    RecordingTrack: 'both',
    ErrorCode: '0',
    ...recordingParams(recording),
  };
  const webhook = { accountSid: recording.accountSid, purpose: 'recording-status', url, params };
  exchange.ledger.background(exchange.alerts.notify(webhook, recording.callSid));
}
