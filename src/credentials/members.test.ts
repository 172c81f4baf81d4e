import { expect, it } from 'vitest';
import { claim, refusal } from '../../test/support/verifying.ts';
import { generateDidKey } from './issuing/identity.ts';
import { signJwt } from './issuing/sign.ts';
import { meantMember } from './members.ts';

it.each(['credentialStauts', 'validUntill', 'validFom', 'evidnce', 'credentialSubjects'])(
  'knows what %s means',
  (name) => {
    expect(meantMember(name)).toBeDefined();
  },
);

it.each(['credentialStatus', 'name', 'holder', 'confidenceMethod', 'renderMethod', 'gx:name', 'id', 'type'])(
  'leaves %s alone',
  (name) => {
    expect(meantMember(name)).toBeUndefined();
  },
);

it('refuses a slip of the pen that a vocabulary would let pass', async () => {
  const key = generateDidKey('EdDSA');
  const jwt = await signJwt(claim(key.did, { credentialStauts: { type: 'BitstringStatusListEntry' } }), key);
  expect((await refusal(jwt)).last).toMatchObject({
    id: 'verify.terms',
    allowed: 'credentialStatus',
    where: '/credentialStauts',
  });
});
