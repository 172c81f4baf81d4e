import { common } from './en.common.ts';
import { errorHelp, failure, federation, help, labels } from './en.help.ts';
import { credentialView, listing, providers, publish } from './en.pages.ts';
import { answersText, certificatesText } from './en.schemes.ts';

/**
 * Every text of the pages, in English. A translation is a second object of the same type. Plurals and word order are
 * the business of a language, so a text with a value in it is a function.
 */
export const en = {
  ...common,
  credentialView,
  listing,
  providers,
  publish,
  labels,
  answersText,
  certificatesText,
  federation,
  help,
  failure,
  errorHelp,
};

export type Texts = typeof en;
