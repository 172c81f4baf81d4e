import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, SHAPES } from '../../test/support/offering.ts';
import { tagusCredential } from '../../test/support/tagus.ts';
import type { JsonObject } from '../credentials/credential.ts';

const { shapes } = compliance;

const check = async (document: JsonObject) => shapes.check(await claimsOf(document), { document });

/** Types whose own shape demands something and says nothing that only a look at the whole can settle. */
const types = shapes
  .list()
  .filter(({ file }) => {
    const { required, subclasses, anyOf } = JSON.parse(readFileSync(join(SHAPES, 'json', file), 'utf8'));
    // The terms of 22.10 are to be copied, and no example can be of use.
    return required.length > 0 && !subclasses && !anyOf && !file.endsWith('GaiaXTermsAndConditions.json');
  })
  .map(({ target, version }) => ({ type: target[0]!, isTagus: version === '22.10' }));

test.each(types)('an empty $type conforms after doing once what the findings say', async ({ type, isTagus }) => {
  const spellings = isTagus
    ? [type.replace('tagus:', 'gx:').replace('vcard:', 'http://www.w3.org/2006/vcard/ns#')]
    : [type, type.replace(/^gx:/, '')];
  const written = isTagus ? tagusCredential : credentialOf;
  for (const spelling of spellings) {
    const subject: JsonObject = { id: 'https://nordlys.example/1', type: spelling };
    for (const { mend, ok } of await check(written(subject))) {
      expect(ok).toBe(false);
      const advice = /^Add for example (".*)$/.exec(mend!)?.[1];
      expect(advice, mend).toBeDefined();
      Object.assign(subject, JSON.parse(`{${advice}}`));
    }
    expect((await check(written(subject))).filter(({ ok }) => !ok)).toEqual([]);
  }
});
