import { Module } from '@nestjs/common';

import { AccountSlice } from './accounts/account-slice.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { Accounts } from './accounts/accounts.js';
import { Berths } from './rest/berths.js';
import { CallbackUrls } from './webhooks/callback-url.js';
import { GapImport } from './gaps/gap-import.js';
import { ImportMarks } from './gaps/import-marks.js';
import { RestTelephony } from './rest/rest-telephony.js';
import { SidDirectory } from './sid-directory.js';
import { Signatures } from './webhooks/signature.js';
import { Telephony } from './telephony.js';
import { TwilioHealth } from './rest/twilio-health.js';

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
