import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, SHAPES } from '../../test/support/offering.ts';
import type { JsonObject } from '../credentials/credential.ts';

const { shapes } = compliance;

const check = async (document: JsonObject) => shapes.check(await claimsOf(document), { document });

/** Types whose own shape demands something and says nothing that only a look at the whole can settle. */
const types = shapes
  .list()
  .filter(({ file }) => {
    const { required, subclasses, anyOf } = JSON.parse(readFileSync(join(SHAPES, 'json', file), 'utf8'));
    return required.length > 0 && !subclasses && !anyOf;
  })
  .map(({ target }) => target[0]!);

test.each(types)('an empty %s conforms after doing once what the findings say', async (type) => {
  for (const written of [type, type.replace(/^gx:/, '')]) {
    const subject: JsonObject = { id: 'https://nordlys.example/1', type: written };
    for (const { mend, ok } of await check(credentialOf(subject))) {
      expect(ok).toBe(false);
      const advice = /^Add for example (".*)$/.exec(mend!)?.[1];
      expect(advice, mend).toBeDefined();
      Object.assign(subject, JSON.parse(`{${advice}}`));
    }
    expect((await check(credentialOf(subject))).filter(({ ok }) => !ok)).toEqual([]);
  }
});
