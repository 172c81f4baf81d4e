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

it('an undefined term is named with the nearest that the contexts define, also those of one type alone', async () => {
  const key = generateDidKey('EdDSA');
  const context = ['https://www.w3.org/ns/credentials/v2'];
  const nearestTo = async (subject: object) =>
    (
      await refusal(
        await signJwt(claim(key.did, { '@context': context, type: ['VerifiableCredential'], ...subject }), key),
      )
    ).last;
  const about = (member: string) => ({ credentialSubject: { id: key.did, [member]: 'x' } });
  expect(await nearestTo(about('descripton'))).toMatchObject({
    id: 'verify.terms',
    allowed: 'description',
    mend: 'Write "description" if that is meant',
  });
  expect(await nearestTo(about('statusPurpos'))).toMatchObject({ allowed: 'statusPurpose' });
  expect(await nearestTo(about('zzzzzzzz'))).toMatchObject({
    mend: expect.stringMatching(/^Use a term of a context that is held/),
  });
});
