export { Contact } from './contact.entity.js';
export { Contacts, type KnownContact } from './contacts.js';
export { ContactsModule } from './contacts.module.js';
export { consentBy, wishOf, type ConsentChange } from './wish.domain.js';
