export { Contact } from './contact.entity.js';
export { Contacts, type KnownContact } from './contacts.js';
export { ContactsModule } from './contacts.module.js';
export { keywordOf, keywordWhenOptedOut } from './keyword.domain.js';
export { refusalOf } from './refusal.domain.js';
