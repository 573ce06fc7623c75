import { Module } from '@nestjs/common';

import { AccountSlice } from './account-slice.js';
import { AccountsController } from './accounts.controller.js';
import { Accounts } from './accounts.js';
import { Berths } from './berths.js';
import { CallbackUrls } from './callback-url.js';
import { GapImport } from './gaps/gap-import.js';
import { ImportMarks } from './gaps/import-marks.js';
import { RestTelephony } from './rest-telephony.js';
import { SidDirectory } from './sid-directory.js';
import { Signatures } from './signature.js';
import { Telephony } from './telephony.js';
import { TwilioHealth } from './twilio-health.js';

/** All that knows Twilio. */
@Module({
  controllers: [AccountsController],
  providers: [
    Accounts,
    AccountSlice,
    Berths,
    CallbackUrls,
    GapImport,
    ImportMarks,
    SidDirectory,
    Signatures,
    TwilioHealth,
    { provide: Telephony, useClass: RestTelephony },
  ],
  exports: [Accounts, CallbackUrls, GapImport, SidDirectory, Signatures, Telephony, TwilioHealth],
})
export class TwilioModule {}
