import type { Company } from '../model.ts';
import { atlantic } from './atlantic.ts';
import { centre } from './centre.ts';
import { germany } from './germany.ts';
import { luxembourg } from './luxembourg.ts';
import { nordic } from './nordic.ts';
import { norway } from './norway.ts';
import { south } from './south.ts';

/** All sample companies, in the order of their ports. */
export const COMPANIES: readonly Company[] = [
  ...norway,
  ...nordic,
  ...germany,
  ...centre,
  ...atlantic,
  ...luxembourg,
  ...south,
];
