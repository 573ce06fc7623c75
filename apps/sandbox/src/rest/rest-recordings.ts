import { rfc2822 } from '../rfc2822.js';
import type { Recording, Recordings } from '../voice/recordings.js';
import { errorAnswer, notFound, type RestAnswer } from './rest-errors.js';
import type { RestRequest, RestRoute } from './rest-request.js';

const SAMPLES_PER_SECOND = 8_000;
const WAV_HEADER_BYTES = 44;
const MULAW = 7;
const MULAW_SILENCE = 0xff;

/** Twilio's Recording resource: a second of silence stands for what was said. */
export const recordingRoutes = (recordings: Recordings): readonly RestRoute[] => [
  {
    method: 'get',
    path: '/Recordings/:file',
    operation: 'recordings.fetch',
    handle: (request) => fetch(recordings, request),
  },
  {
    method: 'delete',
    path: '/Recordings/:file',
    operation: 'recordings.delete',
    handle: (request) => remove(recordings, request),
  },
];

function fetch(recordings: Recordings, { accountSid, path, ids }: RestRequest): RestAnswer {
  const [sid = '', extension] = (ids['file'] ?? '').split('.');
  const recording = recordings.find(accountSid, sid);
  if (!recording) return errorAnswer(notFound(path));
  if (extension === 'json') return { status: 200, body: recordingJson(recording) };
  return { status: 200, body: silence(), headers: { 'content-type': 'audio/x-wav' } };
}

function remove(recordings: Recordings, { accountSid, path, ids }: RestRequest): RestAnswer {
  const [sid = ''] = (ids['file'] ?? '').split('.');
  if (!recordings.find(accountSid, sid)) return errorAnswer(notFound(path));
  recordings.delete(sid);
  return { status: 204, body: null };
}

const recordingJson = ({ sid, accountSid, callSid, source, startedAt, seconds }: Recording) => ({
  sid,
  account_sid: accountSid,
  call_sid: callSid,
  api_version: '2010-04-01',
  channels: 1,
  date_created: rfc2822(startedAt),
  start_time: rfc2822(startedAt),
  duration: String(seconds),
  source,
  status: 'completed',
  error_code: null,
  uri: `/2010-04-01/Accounts/${accountSid}/Recordings/${sid}.json`,
});

/** One second of 8 kHz mu-law WAV. */
function silence(): Buffer {
  const wav = Buffer.alloc(WAV_HEADER_BYTES + SAMPLES_PER_SECOND, MULAW_SILENCE);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(MULAW, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  wav.writeUInt32LE(SAMPLES_PER_SECOND, 28);
  wav.writeUInt16LE(1, 32);
  wav.writeUInt16LE(8, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(SAMPLES_PER_SECOND, 40);
  return wav;
}
