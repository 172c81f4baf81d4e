import { test } from 'vitest';
import { claimsOf, compliance, credentialOf, fullOffering } from '../../test/support/offering.ts';
import { readFileSync } from 'node:fs';
const offer = () => JSON.parse(readFileSync('examples/claims/offer.json','utf8'));
async function show(document: any) {
  for (const r of compliance.shapes.check(await claimsOf(document), { document })) console.log(JSON.stringify(r, null, 1));
}
test('x', async () => {
  await show(credentialOf({ ...fullOffering(), 'kontor:dataLocation': { country: 'NO' } }));
  const o = offer(); o.credentialSubject.type = 'ServiceOffer'; await show(o);
  const c = offer(); c.credentialSubject.type = 'ContainerServiceOffering'; await show(c);
  const d = offer(); d.credentialSubject.descripton = 'x'; d.credentialSubject['kontor:exitPlan']['kontor:noticeDays'] = '12'; d.credentialSubject['kontor:dataLocation'][0]['kontor:purpose'] = 'storge'; d.credentialSubject.providedBy = 'did:web:x.example'; d.credentialSubject.dataProtectionRegime = 'GDPR'; delete d.credentialSubject.aggregationOfResources.location; d.credentialSubject.servicePolicy = { type: 'AccessUsagePolicy' }; await show(d);
});
